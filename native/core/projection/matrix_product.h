// x W^T for a matrix as checkpoints have it, [outputs][inputs], without a packed copy that stays: a few megabytes of
// panels are packed for all threads, used, and overwritten. A mapped 16 GB checkpoint so costs pages, not memory.
#pragma once

#include <atomic>
#include <cstdint>

namespace longattn::projection {

struct Matrix {
  const float* data;  // [outputs][inputs]
  int64_t outputs, inputs;
};

// out [count][outputs] = x [count][inputs] W^T + bias; bias [outputs] or null. A row's bits do not depend on the other
// rows or on `threads`. Throws Cancelled when `cancel` (or null) becomes true; out is then undefined.
void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, float* out);

// Whether this CPU has a tile that is worth it: else a library's product is faster.
bool has_vector_tile();

}  // namespace longattn::projection
