// The row kernel for every CPU: plain C++ loops that compilers turn into vector code, with an online maximum.
//
// Slower than the hand-written kernels by the width of the vectors, and the only one that needs no instruction set
// flags.
#include "attention/portable.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "attention/portable_tile.h"

namespace longattn::attention {
namespace {

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
  const int64_t first = first_visible(b, n, c0), last = std::min(c0 + kColumns - 1, n);
  if (first > last) return;
  const float top = finish_logits(b, n, c0, first, last, x);
  if (top == kNotFinite) s.sink[0] = std::nan("");  // seen at the row's end
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
  for (int64_t r = 0; r < b.rows; ++r) {
    std::memset(&b.states[r], 0, sizeof b.states[r]);
    b.states[r].shift = kNoShift;
  }
  sweep_tiles(b, [&b](int64_t r, int64_t c0, float* x) { sweep(b, b.first_row + r, c0, x, b.states[r]); });
  if (b.values != nullptr) portable_values({b, *b.values, 0});
}

}  // namespace

const RowKernel& portable_kernel() {
  static const RowKernel kernel = {"portable", Input::f32, kColumns, kRows, 128, 0, run, portable_values, portable_map};
  return kernel;
}

}  // namespace longattn::attention
