// For every CPU: bound by memory, so that wider vectors than the compiler's own are no faster.
#include "projection/round.h"

#include <bit>

namespace longattn::projection {

void round_to(DType type, const float* __restrict x, int64_t count, float* __restrict out) {
  const int drops = type == DType::bf16 ? 16 : 13;  // lowest bits of a float32 that the type has not
  const uint32_t below_half = (uint32_t{1} << (drops - 1)) - 1, kept = ~uint32_t{0} << drops;
  for (int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<uint32_t>(x[i]);
    const uint32_t rounded = (bits + below_half + (bits >> drops & 1)) & kept;
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    out[i] = std::bit_cast<float>(nan ? bits : rounded);
  }
}

}  // namespace longattn::projection
