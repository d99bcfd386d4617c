// Exact conversion of F16 and BF16 to float32. Every half-precision value, subnormals, Inf and NaN included, has a
// float32 equal.
#pragma once

#include <cstdint>

#include "checkpoint/model_spec.h"

namespace longattn {

// source: `count` elements of dtype, contiguous, at any alignment. out: [count].
void to_float32(DType dtype, const void* source, int64_t count, float* out);

// The way back, for numbers that came from `dtype`: no other is rounded. source: [count]; out: `count` elements.
void from_float32(DType dtype, const float* source, int64_t count, void* out);

}  // namespace longattn
