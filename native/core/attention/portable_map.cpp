// The map kernel for every CPU, with an online maximum.
#include <algorithm>
#include <cmath>

#include "attention/portable.h"
#include "attention/portable_tile.h"

namespace longattn::attention {
namespace {

int64_t padded(const MapBlock& b) {
  return (b.rows + kRows - 1) / kRows * kRows;
}

void rescale(const MapBlock& b, int64_t r, float new_shift) {
  const double factor = std::exp2(static_cast<double>(b.shifts[r]) - new_shift);
  for (int64_t run = 0; run < b.runs; ++run) b.sums[run * padded(b) + r] *= factor;
  b.shifts[r] = new_shift;
}

// Adds the panel that starts at key c0 to row r; x holds its products and is overwritten.
void add_panel(const MapBlock& b, int64_t r, int64_t c0, float* x) {
  const int64_t n = b.first_row + r, first = first_visible(b, n, c0), last = std::min(c0 + kColumns - 1, n);
  if (first > last) return;
  const float top = finish_logits(b, n, c0, first, last, x);
  if (top == kNotFinite) b.sums[r] = std::nan("");
  if (top > b.shifts[r]) b.shifts[r] == kNoShift ? void(b.shifts[r] = top) : rescale(b, r, top);
  float p[kColumns];
  for (int64_t c = 0; c < kColumns; ++c) p[c] = exp2_nonpositive(x[c] - b.shifts[r]);
  int64_t run = std::upper_bound(b.edges, b.edges + b.runs, first) - b.edges - 1;
  for (int64_t i = first; i <= last; ++run) {
    const int64_t end = std::min(last + 1, b.edges[run + 1]);
    double sum = 0;
    for (; i < end; ++i) sum += p[i - c0];
    b.sums[run * padded(b) + r] += sum;
  }
}

}  // namespace

void portable_map(const MapBlock& b) {
  std::fill_n(b.sums, b.runs * padded(b), 0.0);
  std::fill_n(b.shifts, padded(b), kNoShift);
  sweep_tiles(b, [&b](int64_t r, int64_t c0, float* x) { add_panel(b, r, c0, x); });
}

}  // namespace longattn::attention
