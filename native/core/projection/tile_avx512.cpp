// AVX-512: 6 rows x 4 vectors in 24 of the 32 registers.
#include <immintrin.h>

#include "projection/tile_loop.h"

namespace longattn::projection {
namespace {

struct Avx512 {
  using Register = __m512;
  static constexpr int kWidth = 16;
  static Register zero() { return _mm512_setzero_ps(); }
  static Register load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, Register value) { _mm512_storeu_ps(to, value); }
  static Register broadcast(float value) { return _mm512_set1_ps(value); }
  static Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  static Register fma(Register a, Register b, Register c) { return _mm512_fmadd_ps(a, b, c); }
};

}  // namespace

void tile_avx512(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                 int64_t out_stride) {
  tile<Avx512, 6, 4>(x, x_stride, rows, panel, inputs, out, out_stride);
}

}  // namespace longattn::projection
