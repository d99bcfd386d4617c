// The loops that the vector tiles share, written once over a vector type. Include only from a file with its own flags.
//
// Everything is in an unnamed namespace, and nothing of the STL is used: an inline function compiled with AVX-512 must
// never be the copy that the linker keeps for a file that runs on every CPU.
#pragma once

#include <cstdint>

#include "projection/tile.h"

namespace longattn::projection {
namespace {

// out[r][0 .. kVectors * width) += sum over `count` inputs, for kRows rows. Registers: kRows * kVectors accumulators.
template <typename V, int kRows, int kVectors>
void accumulate(const float* x, int64_t x_stride, const float* panel, int64_t count, float* out) {
  typename V::Register sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sum[r][v] = V::zero();
  }
  for (int64_t i = 0; i < count; ++i) {
    typename V::Register w[kVectors];
    for (int v = 0; v < kVectors; ++v) w[v] = V::load(panel + i * kPanel + v * V::kWidth);
    for (int r = 0; r < kRows; ++r) {
      const typename V::Register value = V::broadcast(x[r * x_stride + i]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = V::fma(value, w[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      float* to = out + r * kPanel + v * V::kWidth;
      V::store(to, V::add(V::load(to), sum[r][v]));
    }
  }
}

// The same for the rows that do not fill a group, `rows` <= kRows.
template <typename V, int kRows, int kVectors>
void last_rows(int64_t rows, const float* x, int64_t x_stride, const float* panel, int64_t count, float* out) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return accumulate<V, kRows, kVectors>(x, x_stride, panel, count, out);
    last_rows<V, kRows - 1, kVectors>(rows, x, x_stride, panel, count, out);
  }
}

template <typename V, int kRows, int kVectors>
void tile(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out) {
  for (int64_t i = 0; i < rows * kPanel; ++i) out[i] = 0.0f;
  for (int64_t first = 0; first < inputs; first += kInputBlock) {
    const int64_t count = inputs - first < kInputBlock ? inputs - first : kInputBlock;
    for (int64_t column = 0; column < kPanel; column += kVectors * V::kWidth) {
      const float* piece = panel + first * kPanel + column;
      int64_t r = 0;
      for (; r + kRows <= rows; r += kRows) {
        accumulate<V, kRows, kVectors>(x + r * x_stride + first, x_stride, piece, count, out + r * kPanel + column);
      }
      last_rows<V, kRows - 1, kVectors>(rows - r, x + r * x_stride + first, x_stride, piece, count,
                                        out + r * kPanel + column);
    }
  }
}

}  // namespace
}  // namespace longattn::projection
