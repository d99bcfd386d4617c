// The hand-written map kernel: weights of a block's rows summed over runs of keys.
//
// A row's sums are kept apart until its normaliser is known, which costs one horizontal sum a row and panel and saves a
// second pass over the products. The shift is chosen as in stats_kernel.h, and a row that overflows is done again.
#pragma once

#include "attention/tile_kernel.h"

namespace longattn {
namespace attention {

template <class V>
class MapKernel : TileKernel<V> {
  using Tile = TileKernel<V>;
  using Tile::groups_;
  using Tile::kRows, Tile::kVectors, Tile::kLanes, Tile::kColumns, Tile::kNoShift;
  using Tile::query, Tile::panel, Tile::prefetch, Tile::first_row, Tile::first_panel, Tile::has_bias;
  using Tile::store_logits, Tile::total, Tile::visible, Tile::first_shift;
  using typename Tile::Vec;

 public:
  static void run(const MapBlock& block) {
    MapKernel kernel(block);
    for (int64_t r = 0; r < kernel.padded_; ++r) block.shifts[r] = kNoShift;
    if (!kernel.sweep(0, kernel.groups_)) return;
    for (int64_t g = 0; g < kernel.groups_; ++g)
      if (kernel.overflowed(g) && (!kernel.find_shifts(g) || !kernel.sweep(g, g + 1))) return;
  }

 private:
  explicit MapKernel(const MapBlock& block) : Tile(block), b_(block), padded_(groups_ * kRows) {}

  // Sums of a run: the rows are neighbours, so that a panel's pass stays within a few pages.
  double* sums(int64_t run) const { return b_.sums + run * padded_; }

  // All panels for row groups [first, last); false if told to stop.
  bool sweep(int64_t first, int64_t last) {
    for (int64_t run = 0; run < b_.runs; ++run)
      for (int64_t r = first * kRows; r < last * kRows; ++r) sums(run)[r] = 0;
    const int64_t groups_end = first_row(last), block_end = b_.first_row + b_.rows;
    const int64_t end = groups_end < block_end ? groups_end : block_end;
    int64_t run = 0;
    for (int64_t c0 = first_panel(first); c0 < end; c0 += kColumns) {
      if (b_.stop(b_.stop_context)) return false;
      while (b_.edges[run + 1] <= c0) ++run;
      const int64_t skipped = (c0 - b_.first_row) / kRows;  // groups that lie above the diagonal
      const int64_t begin = skipped > first ? skipped : first;
      for (int64_t g = begin; g < last; ++g) {
        if (c0 + kColumns < end) prefetch(c0 + kColumns, g - begin, last - begin);
        const bool diagonal = c0 + kColumns - 1 > first_row(g);
        // A row's first tile must take the slow way, which sets its shift.
        const bool first_keys = c0 == 0 || (b_.window > 0 && first_row(g) + kRows - c0 >= b_.window);
        if (diagonal || first_keys)
          boundary(g, c0, run);
        else
          has_bias() ? interior<true>(g, c0, run) : interior<false>(g, c0, run);
      }
    }
    return true;
  }

  // Weights of logits; NaN where a product overflowed.
  static LONGATTN_INLINE void weigh(const Vec (&x)[kVectors], Vec (&p)[kVectors]) {
    V::exp2(x, p);
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = V::fma(x[v], V::zero(), p[v]);
  }

  // A tile all of whose keys are visible; `run` holds its first.
  template <bool kBias>
  void interior(int64_t g, int64_t c0, int64_t run) {
    const int64_t r0 = g * kRows;
    float start[kRows];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) start[r] = -b_.shifts[r0 + r];
    Vec acc[kRows][kVectors];
    this->template multiply_from<kBias>(start, g, c0, acc);
    const bool one_run = c0 + kColumns <= b_.edges[run + 1];
    double* sum = sums(run) + r0;
    alignas(64) float stored[kColumns];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
      Vec p[kVectors];
      weigh(acc[r], p);
      if (one_run) {
        sum[r] += V::sum(total(p));
      } else {
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) V::store(stored + v * kLanes, p[v]);
        add_runs(stored, c0, 0, kColumns - 1, run, r0 + r);
      }
    }
  }

  // Any tile.
  void boundary(int64_t g, int64_t c0, int64_t run) {
    float start[kRows];
    for (int r = 0; r < kRows; ++r) start[r] = Tile::start_of(b_.shifts[g * kRows + r]);
    alignas(64) float x[kRows][kColumns];
    store_logits(start, g, c0, x);
    for (int r = 0; r < kRows; ++r) {
      const int64_t row = g * kRows + r;
      if (row >= b_.rows) return;  // the rest is padding
      int first, last;
      visible(b_.first_row + row, c0, first, last);
      if (first > last) continue;
      if (b_.shifts[row] == kNoShift) Tile::shift_row(b_.shifts[row] = first_shift(x[r], first, last), x[r]);
      Vec xs[kVectors], ps[kVectors];
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) xs[v] = V::load(x[r] + v * kLanes);
      weigh(xs, ps);
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) V::store(x[r] + v * kLanes, ps[v]);
      add_runs(x[r], c0, first, last, run, row);
    }
  }

  // Adds columns [first, last] of a panel to row r; `run` holds its first column, or one before it.
  void add_runs(const float* p, int64_t c0, int first, int last, int64_t run, int64_t r) {
    for (int c = first; c <= last;) {
      while (b_.edges[run + 1] <= c0 + c) ++run;
      const int64_t to_edge = b_.edges[run + 1] - c0;
      const int end = to_edge > last ? last + 1 : static_cast<int>(to_edge);
      Vec sum = V::zero();
      for (int v = c / kLanes; v * kLanes < end; ++v)
        sum = V::add(sum, V::keep(V::load(p + v * kLanes), c - v * kLanes, end - v * kLanes));
      sums(run)[r] += V::sum(sum);
      c = end;
    }
  }

  bool overflowed(int64_t g) const {
    for (int64_t r = g * kRows; r < (g + 1) * kRows && r < b_.rows; ++r) {
      double sum = 0;
      for (int64_t run = 0; run < b_.runs; ++run) sum += sums(run)[r];
      if (!(sum < 1e300)) return true;  // Inf or NaN: a float32 sum passed 2^128
    }
    return false;
  }

  bool find_shifts(int64_t g) {
    float maxima[kRows];
    if (!Tile::find_maxima(g, maxima)) return false;
    for (int r = 0; r < kRows; ++r) b_.shifts[g * kRows + r] = maxima[r];
    return true;
  }

  const MapBlock& b_;
  const int64_t padded_;  // rows, rounded up to row groups
};

}  // namespace attention
}  // namespace longattn
