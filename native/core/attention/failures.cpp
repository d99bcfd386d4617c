#include "attention/failures.h"

namespace longattn::attention {

void Failures::not_finite(int64_t head) {
  int64_t seen = bad_head_.load();
  while (head < seen && !bad_head_.compare_exchange_weak(seen, head)) {
  }
}

void Failures::keep_exception() {
  if (!stopped_.exchange(true)) exception_ = std::current_exception();
}

void Failures::rethrow() const {
  if (exception_) std::rethrow_exception(exception_);
  if (cancelled()) throw Cancelled();
  if (bad_head_.load() != kNone) throw NotFinite(bad_head_.load());
}

bool stop_block(const void* context) {
  const auto* c = static_cast<const StopContext*>(context);
  return c->failures->stop(c->head);
}

}  // namespace longattn::attention
