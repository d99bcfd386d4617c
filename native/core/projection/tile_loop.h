// The loops that the vector tiles share, written once over a vector type. Include only from a file with its own flags.
//
// Everything is in an unnamed namespace, and nothing of the STL is used: an inline function compiled with AVX-512 must
// never be the copy that the linker keeps for a file that runs on every CPU.
#pragma once

#include <cstdint>

#include "projection/tile.h"

namespace longattn::projection {
namespace {

// What a call of accumulate() brings into the caches for the calls after it. Hardware does not see it coming: rows of x
// are short and far apart, and a panel is read once from far away and then from the first-level cache.
struct Ahead {
  const float* x;      // the rows of the next call
  const float* panel;  // a share of the next piece of the panel
};

// out[r][0 .. kVectors * width) = or += sum over `count` inputs, for kRows rows. Registers: kRows * kVectors sums.
template <typename V, int kRows, int kVectors>
void accumulate(const float* x, int64_t x_stride, const float* panel, int64_t count, bool add, float* out,
                int64_t out_stride, Ahead ahead) {
  constexpr int64_t kLine = 16;                                    // floats of a cache line
  constexpr int64_t kEvery = 2 * kPanel / (kVectors * V::kLanes);  // inputs to a line of the panel
  static_assert(kLine % kEvery == 0);
  typename V::Vec sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sum[r][v] = V::zero();
  }
  const auto input = [&](int64_t i) {
    typename V::Vec w[kVectors];
    for (int v = 0; v < kVectors; ++v) w[v] = V::load_unaligned(panel + i * kPanel + v * V::kLanes);
    for (int r = 0; r < kRows; ++r) {
      const typename V::Vec value = V::set1(x[r * x_stride + i]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = V::fma(value, w[v], sum[r][v]);
    }
  };
  int64_t i = 0;
  for (; i + kLine <= count; i += kLine) {
    for (int r = 0; r < kRows; ++r) __builtin_prefetch(ahead.x + r * x_stride + i, 0, 3);
    for (int64_t j = 0; j < kLine; j += kEvery, ahead.panel += kLine) {
      __builtin_prefetch(ahead.panel, 0, 2);
      for (int64_t e = 0; e < kEvery; ++e) input(i + j + e);
    }
  }
  for (; i < count; ++i) input(i);
  if (add) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] = V::add(V::load_unaligned(out + r * out_stride + v * V::kLanes), sum[r][v]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) V::store_unaligned(out + r * out_stride + v * V::kLanes, sum[r][v]);
  }
}

// The same for the rows that do not fill a group, `rows` <= kRows.
template <typename V, int kRows, int kVectors>
void last_rows(int64_t rows, const float* x, int64_t x_stride, const float* panel, int64_t count, bool add, float* out,
               int64_t out_stride, Ahead ahead) {
  if constexpr (kRows > 0) {
    if (rows == kRows) {
      return accumulate<V, kRows, kVectors>(x, x_stride, panel, count, add, out, out_stride, ahead);
    }
    last_rows<V, kRows - 1, kVectors>(rows, x, x_stride, panel, count, add, out, out_stride, ahead);
  }
}

template <typename V, int kRows, int kVectors>
void tile(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
          int64_t out_stride) {
  constexpr int64_t kColumns = kVectors * V::kLanes;
  const int64_t calls = (rows + kRows - 1) / kRows * (kPanel / kColumns);
  for (int64_t first = 0; first < inputs; first += kInputBlock) {
    const int64_t count = inputs - first < kInputBlock ? inputs - first : kInputBlock;
    const float* next_piece = panel + (first + count) * kPanel;  // behind the last one: that of the next panel, often
    int64_t call = 0;
    for (int64_t column = 0; column < kPanel; column += kColumns) {
      for (int64_t r = 0; r < rows; r += kRows, ++call) {
        const float* from = x + r * x_stride + first;
        const float* piece = panel + first * kPanel + column;
        float* to = out + r * out_stride + column;
        const Ahead ahead{r + kRows < rows ? from + kRows * x_stride : x + first + count,
                          next_piece + call * kInputBlock * kPanel / calls};
        if (r + kRows <= rows) {
          accumulate<V, kRows, kVectors>(from, x_stride, piece, count, first > 0, to, out_stride, ahead);
        } else {
          last_rows<V, kRows - 1, kVectors>(rows - r, from, x_stride, piece, count, first > 0, to, out_stride, ahead);
        }
      }
    }
  }
}

}  // namespace
}  // namespace longattn::projection
