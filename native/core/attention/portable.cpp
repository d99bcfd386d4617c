// The row kernel for every CPU: plain C++ loops that compilers turn into vector code, with an online maximum.
//
// Slower than the hand-written kernels by the width of the vectors, and the only one that needs no instruction set
// flags.
#include "portable.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "check_problem.h"

namespace longattn::attention {
namespace {

constexpr int64_t kColumns = 64;  // a panel
constexpr int64_t kRows = 4;      // a register tile is kRows x kLanes
constexpr int64_t kLanes = 8;
constexpr float kNoShift = -HUGE_VALF;  // no key seen yet

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
  int32_t bits, exponent;
  std::memcpy(&bits, &p, sizeof bits);
  std::memcpy(&exponent, &shifted, sizeof exponent);
  bits += static_cast<int32_t>(static_cast<uint32_t>(exponent) << 23);
  bits = x < -125.0f ? 0 : bits;
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

// out[r][c] = q[r] . panel[:, c]
void dot_tile(const float* q, int64_t dim, const float* panel, float out[kRows][kColumns]) {
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

// Sums kept in kLanes parts: the one order that needs no permission to reassociate.
struct Sums {
  float mass[kLanes] = {}, squares[kLanes] = {}, weighted[kLanes] = {}, peak[kLanes] = {};
  static double total(const float* lanes) {
    double sum = 0;
    for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
    return sum;
  }
};

void rescale(RowState& s, const Segments& segments, float new_shift) {
  const double change = static_cast<double>(s.shift) - new_shift, factor = std::exp2(change);
  double total = 0;
  for (int i = 0; i < kSinks; ++i) total += s.sink[i];
  for (int i = 0; i < segments.count; ++i) total += s.mass[i];
  s.weighted = factor * (s.weighted + change * total);
  for (int i = 0; i < kSinks; ++i) s.sink[i] *= factor;
  for (int i = 0; i < segments.count; ++i) {
    s.mass[i] *= factor;
    s.squares[i] *= factor * factor;
  }
  s.peak *= factor;
  s.shift = new_shift;
}

// Adds columns [begin, end) of a panel, all in segment `segment`, to the row.
void add_run(const float* x, const float* p, int64_t begin, int64_t end, int segment, bool far, RowState& s) {
  Sums sums;
  int64_t c = begin;
  for (; c + kLanes <= end; c += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      sums.mass[l] += p[c + l];
      sums.squares[l] += p[c + l] * p[c + l];
      sums.weighted[l] += p[c + l] * x[c + l];
      sums.peak[l] = sums.peak[l] < p[c + l] ? p[c + l] : sums.peak[l];
    }
  for (int64_t l = 0; c < end; ++c, ++l) {
    sums.mass[l] += p[c];
    sums.squares[l] += p[c] * p[c];
    sums.weighted[l] += p[c] * x[c];
    sums.peak[l] = sums.peak[l] < p[c] ? p[c] : sums.peak[l];
  }
  s.mass[segment] += Sums::total(sums.mass);
  s.squares[segment] += Sums::total(sums.squares);
  s.weighted += Sums::total(sums.weighted);
  if (far)
    for (float peak : sums.peak) s.peak = std::max(s.peak, static_cast<double>(peak));
}

// Adds the panel that starts at key c0 to row n; x holds its products and is overwritten.
void sweep(const RowBlock& b, int64_t n, int64_t c0, float* x, RowState& s) {
  const int64_t first = b.window > 0 ? std::max(c0, n - b.window + 1) : c0, last = std::min(c0 + kColumns - 1, n);
  if (first > last) return;
  if (b.softcap > 0)
    for (int64_t c = first - c0; c <= last - c0; ++c) x[c] = b.softcap * std::tanh(x[c]);
  if (b.alibi != 0)
    for (int64_t c = first - c0; c <= last - c0; ++c) x[c] += b.alibi * static_cast<float>(c0 + c - n);

  if (!all_finite(x + (first - c0), last - first + 1))
    s.sink[0] = std::nan("");  // products overflowed; seen at the row's end
  float top = x[first - c0];
  for (int64_t c = first - c0; c <= last - c0; ++c) top = top < x[c] ? x[c] : top;
  const Segments& segments = *b.segments;
  if (top > s.shift) s.shift == kNoShift ? void(s.shift = top) : rescale(s, segments, top);
  float p[kColumns];
  for (int64_t c = 0; c < kColumns; ++c) {
    x[c] -= s.shift;
    p[c] = exp2_nonpositive(x[c]);
  }

  int64_t i = first;
  for (; i <= last && i < kSinks; ++i) {
    s.sink[i] += p[i - c0];
    s.weighted += static_cast<double>(p[i - c0]) * x[i - c0];
  }
  int segment = segments.count - 1;
  while (i <= last) {
    while (segments.low[segment] > n - i) --segment;
    const int64_t end = std::min(last + 1, n - segments.low[segment] + 1);
    add_run(x, p, i - c0, end - c0, segment, segment >= segments.first_far, s);
    i = end;
  }
}

void run(const RowBlock& b) {
  const float* queries = static_cast<const float*>(b.queries);
  const float* panels = static_cast<const float*>(b.panels);
  for (int64_t r = 0; r < b.rows; ++r) {
    std::memset(&b.states[r], 0, sizeof b.states[r]);
    b.states[r].shift = kNoShift;
  }
  const int64_t last_row = b.first_row + b.rows - 1;
  const int64_t first_key = b.window > 0 ? std::max<int64_t>(0, b.first_row - b.window + 1) : 0;
  for (int64_t c0 = first_key / kColumns * kColumns; c0 <= last_row; c0 += kColumns) {
    if (b.stop(b.stop_context)) return;
    for (int64_t r0 = 0; r0 < b.rows; r0 += kRows) {
      if (b.first_row + r0 + kRows - 1 < c0) continue;
      float x[kRows][kColumns];
      dot_tile(queries + r0 * b.dim, b.dim, panels + c0 * b.dim, x);
      for (int64_t r = r0; r < std::min(r0 + kRows, b.rows); ++r) sweep(b, b.first_row + r, c0, x[r - r0], b.states[r]);
    }
  }
}

}  // namespace

const RowKernel& portable_kernel() {
  static const RowKernel kernel = {"portable", Input::f32, kColumns, kRows, 128, 0, run};
  return kernel;
}

}  // namespace longattn::attention
