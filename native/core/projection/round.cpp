// For every CPU: bound by memory, so that wider vectors than the compiler's own are hardly faster.
#include "projection/round.h"

#include <algorithm>
#include <bit>

namespace longattn::projection {
namespace {

constexpr int64_t kLine = 16;  // floats of a cache line
constexpr int64_t kStep = 4 * kLine;
constexpr int64_t kAhead = 16 * kStep;  // a page, where the processor's own prefetching ends: half of the time

}  // namespace

void round_to(Stored type, const float* __restrict x, int64_t count, float* __restrict out) {
  const int drops = type == Stored::bf16 ? 16 : 13;  // lowest bits of a float32 that the type has not
  const uint32_t below_half = (uint32_t{1} << (drops - 1)) - 1, kept = ~uint32_t{0} << drops;
  for (int64_t first = 0; first < count; first += kStep) {
    for (int64_t line = 0; line < kStep; line += kLine) __builtin_prefetch(x + first + kAhead + line, 0, 3);
    const int64_t end = std::min(first + kStep, count);
    for (int64_t i = first; i < end; ++i) {
      const auto bits = std::bit_cast<uint32_t>(x[i]);
      const uint32_t rounded = (bits + below_half + (bits >> drops & 1)) & kept;
      const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
      out[i] = std::bit_cast<float>(nan ? bits : rounded);
    }
  }
}

}  // namespace longattn::projection
