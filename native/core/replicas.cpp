// Which window is next is decided under a lock: windows take milliseconds at least. Each replica has a cancel flag of
// its own, because a window that fails stops later ones and not earlier ones; the calling thread passes on the
// caller's.
#include "replicas.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <mutex>

#include "parallel_rows.h"

namespace longattn {
namespace {

constexpr std::chrono::milliseconds kPoll{20};

class Sharing {
 public:
  Sharing(int64_t windows, int64_t workers)
      : windows_(windows), failed_(windows), at_(workers, -1), cancel_(new std::atomic<bool>[workers]) {}

  const std::atomic<bool>* cancel_of(int64_t worker) const { return &cancel_[worker]; }

  // The window that the worker shall do next, or -1.
  int64_t take(int64_t worker) {
    const std::lock_guard lock(mutex_);
    at_[worker] = -1;
    if (next_ >= failed_ || cancelled_) return -1;
    cancel_[worker] = false;
    return at_[worker] = next_++;
  }

  void fail(int64_t window) {
    const std::lock_guard lock(mutex_);
    if (window >= failed_) return;
    failed_ = window;
    error_ = std::current_exception();
    for (size_t worker = 0; worker < at_.size(); ++worker)
      if (at_[worker] > window) cancel_[worker] = true;
  }

  void cancel_all() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (size_t worker = 0; worker < at_.size(); ++worker) cancel_[worker] = true;
  }

  // When all workers have ended.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
    if (next_ < windows_) throw Cancelled();
  }

 private:
  const int64_t windows_;
  std::mutex mutex_;
  int64_t next_ = 0;
  int64_t failed_;            // the lowest window that failed, or windows_
  std::exception_ptr error_;  // its
  bool cancelled_ = false;
  std::vector<int64_t> at_;                            // [workers]
  const std::unique_ptr<std::atomic<bool>[]> cancel_;  // [workers]
};

void work_on(Sharing& sharing, int64_t worker, const Replica& replica, ProviderOptions options,
             const WindowWork& work) {
  options.cancel = sharing.cancel_of(worker);
  options.statistics = replica.statistics;
  for (int64_t window; (window = sharing.take(worker)) >= 0;) {
    try {
      work(window, *replica.provider, options);
    } catch (...) {
      sharing.fail(window);
    }
  }
}

}  // namespace

void for_each_window(const std::vector<Replica>& replicas, int64_t windows, const ProviderOptions& options,
                     const WindowWork& work) {
  const int64_t workers = std::min(static_cast<int64_t>(replicas.size()), windows);
  if (replicas.size() == 1) {
    ProviderOptions own = options;
    own.statistics = replicas.front().statistics;
    for (int64_t window = 0; window < windows; ++window) work(window, *replicas.front().provider, own);
    return;
  }
  ProviderOptions share = options;
  share.threads = static_cast<int>(std::max<int64_t>(1, thread_count(options.threads) / std::max<int64_t>(1, workers)));
  Sharing sharing(windows, workers);
  const auto pass_on = [&] {
    if (options.cancel != nullptr && *options.cancel) sharing.cancel_all();
  };
  pass_on();
  std::vector<std::future<void>> ends;
  for (int64_t worker = 0; worker < workers; ++worker) {
    ends.push_back(
        std::async(std::launch::async, [&, worker] { work_on(sharing, worker, replicas[worker], share, work); }));
  }
  for (std::future<void>& end : ends) {
    while (end.wait_for(kPoll) != std::future_status::ready) pass_on();
  }
  sharing.rethrow();
}

}  // namespace longattn
