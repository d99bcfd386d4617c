// AVX2 with FMA: 6 rows x 2 vectors in 12 of the 16 registers, a quarter of the panel at a time.
#include <immintrin.h>

#include "projection/tile_loop.h"
#include "simd/avx2.h"

namespace longattn::projection {
namespace {

// to[i][0..8) = from[0..8)[i] for 8 values of i.
void transpose_8x8(const float* from, int64_t stride, float* to) {
  __m256 a[8], b[8];
  for (int i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps(from + i * stride);
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
    a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
  }
  for (int i = 0; i < 4; ++i) {
    _mm256_store_ps(to + i * kPanel, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_store_ps(to + (i + 4) * kPanel, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

}  // namespace

void pack_avx2(const float* rows, int64_t stride, int64_t count, int64_t inputs, float* panel) {
  const int64_t whole = inputs / 8 * 8;
  for (int64_t r = 0; r < kPanel; r += 8) {
    if (r + 8 > count) {
      for (int64_t i = 0; i < whole; ++i) {
        for (int64_t j = r; j < r + 8; ++j) panel[i * kPanel + j] = j < count ? rows[j * stride + i] : 0;
      }
      continue;
    }
    for (int64_t i = 0; i < whole; i += 8) transpose_8x8(rows + r * stride + i, stride, panel + i * kPanel + r);
  }
  for (int64_t i = whole; i < inputs; ++i) {
    for (int64_t r = 0; r < kPanel; ++r) panel[i * kPanel + r] = r < count ? rows[r * stride + i] : 0;
  }
}

void tile_avx2(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
               int64_t out_stride) {
  tile<simd::Avx2, 6, 2>(x, x_stride, rows, panel, inputs, out, out_stride);
}

}  // namespace longattn::projection
