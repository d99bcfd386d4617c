// AVX2 with FMA: 6 rows x 2 vectors in 12 of the 16 registers, a quarter of the panel at a time.
#include <immintrin.h>

#include "tile_loop.h"

namespace longattn::projection {
namespace {

struct Avx2 {
  using Register = __m256;
  static constexpr int kWidth = 8;
  static Register zero() { return _mm256_setzero_ps(); }
  static Register load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Register value) { _mm256_storeu_ps(to, value); }
  static Register broadcast(float value) { return _mm256_set1_ps(value); }
  static Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
  static Register fma(Register a, Register b, Register c) { return _mm256_fmadd_ps(a, b, c); }
};

}  // namespace

void tile_avx2(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out) {
  tile<Avx2, 6, 2>(x, x_stride, rows, panel, inputs, out);
}

}  // namespace longattn::projection
