// What went wrong in the threads of one call. An exception must not leave an OpenMP region, so failures wait here for
// its end.
#pragma once

#include <atomic>
#include <exception>

#include "attention_stats.h"

namespace longattn::attention {

class Failures {
 public:
  explicit Failures(const std::atomic<bool>* cancel) : cancel_(cancel) {}

  // The lowest head wins, whichever thread comes first.
  void not_finite(int64_t head);
  // Call in a catch block; the first exception is kept.
  void keep_exception();

  bool cancelled() const { return is_cancelled(cancel_); }
  // Whether work on `head` is pointless by now. Heads below a bad one go on, so that the report does not depend on
  // timing.
  bool stop(int64_t head) const {
    return cancelled() || stopped_.load(std::memory_order_relaxed) || head >= bad_head_.load(std::memory_order_relaxed);
  }
  // Does `work` on `head` unless that is pointless, and keeps what it throws.
  template <typename Work>
  void guard(int64_t head, const Work& work) {
    if (stop(head)) return;
    try {
      work();
    } catch (...) {
      keep_exception();
    }
  }
  // Throws what was kept: an exception of the source, Cancelled, or NotFinite; else returns.
  void rethrow() const;

 private:
  static constexpr int64_t kNone = INT64_MAX;
  const std::atomic<bool>* cancel_;
  std::atomic<bool> stopped_{false};
  std::atomic<int64_t> bad_head_{kNone};
  std::exception_ptr exception_;
};

// What a kernel is given to poll: BlockInput::stop and its context.
struct StopContext {
  const Failures* failures;
  int64_t head;
};
bool stop_block(const void* context);

}  // namespace longattn::attention
