// Which window is next is decided under a lock: windows take milliseconds at least. Each replica has a cancel flag of
// its own, because a window that fails stops later ones and not earlier ones; the calling thread passes on the
// caller's.
#include "windows/replicas.h"

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

class WindowQueue {
 public:
  WindowQueue(int64_t windows, int64_t workers)
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

// Starts the windows that `take` gives, and ends each after the next was started, or failed to.
void run_windows(LayerProvider& provider, const ProviderOptions& options, const WindowStart& start,
                 const std::function<int64_t()>& take, const std::function<void(int64_t)>& fail) {
  int64_t running = -1;
  WindowEnd end;
  const auto end_running = [&] {
    try {
      if (end) end();
    } catch (...) {
      fail(running);
    }
    end = nullptr;
  };
  for (int64_t window; (window = take()) >= 0;) {
    WindowEnd next;
    try {
      next = start(window, provider, options);
    } catch (...) {
      fail(window);
    }
    end_running();
    running = window;
    end = std::move(next);
  }
  end_running();
}

void work_on(WindowQueue& queue, int64_t worker, const Replica& replica, ProviderOptions options,
             const WindowStart& start) {
  options.cancel = queue.cancel_of(worker);
  options.statistics = replica.statistics;
  run_windows(
      *replica.provider, options, start, [&] { return queue.take(worker); },
      [&](int64_t window) { queue.fail(window); });
}

// In the calling thread, with the caller's own flag to cancel.
void work_alone(const Replica& replica, int64_t windows, ProviderOptions options, const WindowStart& start) {
  options.statistics = replica.statistics;
  int64_t next = 0, failed = windows;
  std::exception_ptr error;
  run_windows(
      *replica.provider, options, start, [&] { return next < failed ? next++ : -1; },
      [&](int64_t window) {
        if (window >= failed) return;
        failed = window;
        error = std::current_exception();
      });
  if (error) std::rethrow_exception(error);
}

}  // namespace

void for_each_window(const std::vector<Replica>& replicas, int64_t windows, const ProviderOptions& options,
                     const WindowWork& work) {
  pipeline_windows(replicas, windows, options,
                   [&](int64_t window, LayerProvider& provider, const ProviderOptions& own) {
                     work(window, provider, own);
                     return WindowEnd();
                   });
}

void pipeline_windows(const std::vector<Replica>& replicas, int64_t windows, const ProviderOptions& options,
                      const WindowStart& start) {
  const int64_t workers = std::min(static_cast<int64_t>(replicas.size()), windows);
  if (replicas.size() == 1) return work_alone(replicas.front(), windows, options, start);
  ProviderOptions share = options;
  share.threads = static_cast<int>(std::max<int64_t>(1, thread_count(options.threads) / std::max<int64_t>(1, workers)));
  WindowQueue queue(windows, workers);
  const auto pass_on = [&] {
    if (is_cancelled(options.cancel)) queue.cancel_all();
  };
  pass_on();
  std::vector<std::future<void>> ends;
  for (int64_t worker = 0; worker < workers; ++worker) {
    ends.push_back(
        std::async(std::launch::async, [&, worker] { work_on(queue, worker, replicas[worker], share, start); }));
  }
  for (std::future<void>& end : ends) {
    while (end.wait_for(kPoll) != std::future_status::ready) pass_on();
  }
  queue.rethrow();
}

}  // namespace longattn
