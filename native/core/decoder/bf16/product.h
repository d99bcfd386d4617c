// x W^T with both rounded to bf16 and sums in float32, for a matrix as checkpoints have it. No torch here.
//
// Not the library's product: that rounds its sums to bf16 too, takes and gives tensors of bf16 that have to be
// converted around each call, and says nothing about its bits on another number of threads.
#pragma once

#include <atomic>
#include <cstdint>

#include "attention/aligned_buffer.h"

namespace longattn::bf16 {

struct Matrix {
  const uint16_t* data;  // [outputs][inputs]
  int64_t outputs, inputs;
};

// What a product packs. Kept from one to the next: fresh pages would cost a tenth of it. Not for two threads at a time.
class Scratch {
 public:
  uint32_t* strips(int64_t pairs) { return strips_.of(pairs); }
  uint32_t* panels(int64_t pairs) { return panels_.of(pairs); }

 private:
  attention::KeptBuffer<uint32_t> strips_, panels_;
};

// Whether this CPU has the tiles that multiply() needs, and simd::choose_cpu_kernel() lets them be used.
bool has_product();
// Whether the library's product is faster than float32's (projection/matrix_product.h), which rounds no sums and whose
// bits do not depend on threads: by AVX-512-BF16, with which a layer on Zen 4 took 0.74 of float32's time.
bool library_is_faster();

// out [count][outputs] = x [count][inputs] W^T + bias; bias [outputs] or null. A row's bits do not depend on the other
// rows or on `threads`. Throws Cancelled when `cancel` (or null) becomes true; out is then undefined.
void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, Scratch& scratch, float* out);

}  // namespace longattn::bf16
