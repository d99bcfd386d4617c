// The inner product of the projections: some input rows times one panel of 64 outputs.
//
// An output is one chain of fused multiply-adds over the inputs in ascending order, 128 at a time, the partial sums
// added in ascending order. Nothing else enters it, so a token's projection has the same bits whatever shares its batch
// and however many threads there are, and AVX2, AVX-512 and NEON agree to the bit. A library's sgemm promises none of
// that.
#pragma once

#include <cstdint>

namespace longattn::projection {

constexpr int64_t kPanel = 64;        // outputs of a panel
constexpr int64_t kInputBlock = 128;  // inputs of a partial sum: short chains keep more digits

// x: rows of [inputs], x_stride floats apart. panel: [inputs][kPanel], 64-byte aligned.
// out: rows of kPanel, out_stride floats apart, overwritten.
using Tile = void (*)(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                      int64_t out_stride);

void tile_portable(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                   int64_t out_stride);
void tile_avx2(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
               int64_t out_stride);
void tile_avx512(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                 int64_t out_stride);
void tile_neon(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
               int64_t out_stride);

}  // namespace longattn::projection
