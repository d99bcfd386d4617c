// Exact conversion of narrower types to float32. Every value of theirs, subnormals, Inf and NaN included, has a float32
// equal.
#pragma once

#include <cstdint>

#include "checkpoint/model_spec.h"

namespace longattn {

// source: `count` elements of dtype, contiguous, at any alignment; of f4_e2m1 an even number, the low half of a byte
// first. out: [count].
void to_float32(DType dtype, const void* source, int64_t count, float* out);

// The way back to F32, F16 or BF16, for numbers that came from `dtype`: no other is rounded. source: [count]; out:
// `count` elements.
void from_float32(DType dtype, const float* source, int64_t count, void* out);

}  // namespace longattn
