// Rounds the other factors of a product whose weights are of a narrow type to as many bits as the weights have.
#pragma once

#include <cstdint>

#include "projection/pack.h"

namespace longattn::projection {

// out[i] = x[i] with as many significant bits as `type` has, bf16 or f16, to nearest, ties to even; NaN stays NaN. The
// range of exponents stays that of float32, which is bf16's: activations beyond 65,504, fp16's last number, do not
// become infinite.
void round_to(Stored type, const float* x, int64_t count, float* out);

}  // namespace longattn::projection
