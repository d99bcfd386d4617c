// Out of memory is not the end: the work is tried again with half the size, down to a smallest one.
#pragma once

#include <atomic>
#include <cstdint>

namespace longattn::device {

// Calls work(size) until it does not throw OutOfMemory; each time it does, `size` is halved for all later calls too and
// `halvings` counts. At `smallest` the exception goes through.
template <typename OutOfMemory, typename Work>
auto halve_on_out_of_memory(std::atomic<int64_t>& size, int64_t smallest, std::atomic<int64_t>& halvings,
                            const Work& work) {
  for (;;) {
    const int64_t now = size;
    try {
      return work(now);
    } catch (const OutOfMemory&) {
      if (now / 2 < smallest) throw;
    }
    // Another thread may have halved it meanwhile: once is enough for both.
    int64_t seen = now;
    if (size.compare_exchange_strong(seen, now / 2)) ++halvings;
  }
}

}  // namespace longattn::device
