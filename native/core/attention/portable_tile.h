// Tiles of logits in plain C++ loops that compilers turn into vector code: what the portable kernels have in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "attention/check_problem.h"
#include "attention/row_block.h"

namespace longattn::attention {

constexpr int64_t kColumns = 64;  // a panel
constexpr int64_t kRows = 4;      // a register tile is kRows x kLanes
constexpr int64_t kLanes = 8;
constexpr float kNoShift = -HUGE_VALF;   // no key seen yet
constexpr float kNotFinite = HUGE_VALF;  // a product overflowed

// 2^x for x <= 0: nearest integer by the magic number 1.5 * 2^23, the rest by a polynomial (2e-9 relative), the
// exponent by integer addition. Exactly 0 below 2^-126, so that no denormal is ever made.
inline float exp2_nonpositive(float x) {
  const float clipped = x < -126.0f ? -126.0f : x;
  const float magic = 12582912.0f;
  const float shifted = clipped + magic;
  const float f = clipped - (shifted - magic);
  float p = 0.00015345812f;
  p = p * f + 0.00133999312f;
  p = p * f + 0.00961848896f;
  p = p * f + 0.0555032878f;
  p = p * f + 0.240226469f;
  p = p * f + 0.693147206f;
  p = p * f + 1.0f;
  uint32_t bits, exponent;  // unsigned: keys behind the mask may have any x, and their garbage must not be undefined
  std::memcpy(&bits, &p, sizeof bits);
  std::memcpy(&exponent, &shifted, sizeof exponent);
  bits += exponent << 23;
  bits = x < -125.0f ? 0 : bits;
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

// out[r][c] = q[r] . panel[:, c]
inline void dot_tile(const float* q, int64_t dim, const float* panel, float out[kRows][kColumns]) {
  for (int64_t c0 = 0; c0 < kColumns; c0 += kLanes) {
    float acc[kRows][kLanes] = {};
    for (int64_t j = 0; j < dim; ++j) {
      const float* key = panel + j * kColumns + c0;
      for (int64_t r = 0; r < kRows; ++r) {
        const float a = q[r * dim + j];
        for (int64_t c = 0; c < kLanes; ++c) acc[r][c] += a * key[c];
      }
    }
    for (int64_t r = 0; r < kRows; ++r)
      for (int64_t c = 0; c < kLanes; ++c) out[r][c0 + c] = acc[r][c];
  }
}

// First key of the panel at c0 that row n sees, if it sees any.
inline int64_t first_visible(const BlockInput& b, int64_t n, int64_t c0) {
  return b.window > 0 ? std::max(c0, n - b.window + 1) : c0;
}

// Makes logits of the products x of row n with keys first .. last of the panel at c0; returns the largest, or
// kNotFinite.
inline float finish_logits(const BlockInput& b, int64_t n, int64_t c0, int64_t first, int64_t last, float* x) {
  if (b.softcap > 0)
    for (int64_t c = first - c0; c <= last - c0; ++c) x[c] = b.softcap * std::tanh(x[c]);
  if (b.alibi != 0)
    for (int64_t c = first - c0; c <= last - c0; ++c)
      x[c] = static_cast<float>(x[c] + b.alibi * static_cast<double>(c0 + c - n));
  if (!all_finite(x + (first - c0), last - first + 1)) return kNotFinite;
  float top = x[first - c0];
  for (int64_t c = first - c0; c <= last - c0; ++c) top = top < x[c] ? x[c] : top;
  return top;
}

// Calls visit(r, c0, x) for every row r of the block and every panel c0 that it may see, x [kColumns] the products with
// the panel's keys. Ends early if told to stop.
template <typename Visit>
void sweep_tiles(const BlockInput& b, const Visit& visit) {
  const float* queries = static_cast<const float*>(b.queries);
  const float* panels = static_cast<const float*>(b.panels);
  const int64_t last_row = b.first_row + b.rows - 1;
  const int64_t first_key = b.window > 0 ? std::max<int64_t>(0, b.first_row - b.window + 1) : 0;
  for (int64_t c0 = first_key / kColumns * kColumns; c0 <= last_row; c0 += kColumns) {
    if (b.stop(b.stop_context)) return;
    for (int64_t r0 = 0; r0 < b.rows; r0 += kRows) {
      if (b.first_row + r0 + kRows - 1 < c0) continue;
      float x[kRows][kColumns];
      dot_tile(queries + r0 * b.dim, b.dim, panels + c0 * b.dim, x);
      for (int64_t r = r0; r < std::min(r0 + kRows, b.rows); ++r) visit(r, c0, x[r - r0]);
    }
  }
}

}  // namespace longattn::attention
