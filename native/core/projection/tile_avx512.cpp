// AVX-512: 6 rows x 4 vectors in 24 of the 32 registers.
#include "projection/tile_loop.h"
#include "simd/avx512.h"

namespace longattn::projection {

void tile_avx512(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                 int64_t out_stride) {
  tile<simd::Avx512, 6, 4>(x, x_stride, rows, panel, inputs, out, out_stride);
}

}  // namespace longattn::projection
