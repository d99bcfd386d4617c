// AVX2 with FMA: 6 rows x 2 vectors in 12 of the 16 registers, a quarter of the panel at a time.
#include "projection/tile_loop.h"
#include "simd/avx2.h"

namespace longattn::projection {

void tile_avx2(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
               int64_t out_stride) {
  tile<simd::Avx2, 6, 2>(x, x_stride, rows, panel, inputs, out, out_stride);
}

}  // namespace longattn::projection
