// x W^T for a matrix as checkpoints have it, [outputs][inputs], without a packed copy that stays: a few megabytes of
// panels are packed for all threads, used, and overwritten. A mapped 16 GB checkpoint so costs pages, not memory.
//
// A matrix of bf16 or fp16 is widened as it is packed, and x rounded to as many bits, as it would be by instructions
// for such numbers; products and sums are float32's.
#pragma once

#include <atomic>
#include <cstdint>

#include "attention/aligned_buffer.h"
#include "projection/pack.h"

namespace longattn::projection {

struct Matrix {
  const void* data;  // [outputs][inputs] of `type`, aligned as one of them
  Stored type;
  int64_t outputs, inputs;
};

// out [count][outputs] = x [count][inputs] W^T + bias; bias [outputs] or null. A row's bits do not depend on the other
// rows or on `threads`. Throws Cancelled when `cancel` (or null) becomes true; out is then undefined.
// `rounded`: kept by the caller from one product to the next; not for two threads at a time.
void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, attention::KeptBuffer<float>& rounded, float* out);

// Whether this CPU has a tile that is worth it: else a library's product is faster.
bool has_vector_tile();

}  // namespace longattn::projection
