// softmax(logits) V alone: the row kernel without its statistics. What is said in stats_kernel.h of panels, tiles and
// shifts holds here too.
#pragma once

#include "attention/value_tile.h"

namespace longattn {
namespace attention {

template <class V>
class ValueKernel : ValueTile<V> {
  using Tile = ValueTile<V>;
  using Tile::groups_, Tile::first_row;
  using Tile::kRows, Tile::kVectors, Tile::kLanes, Tile::kColumns, Tile::kNoShift;
  using typename Tile::Ahead, typename Tile::Vec;

 public:
  static void run(const ValueBlock& block) {
    ValueKernel kernel(block);
    for (int64_t g = 0; g < kernel.groups_; ++g) kernel.forget_shifts(g);
    if (!kernel.sweep(0, kernel.groups_)) return;
    for (int64_t g = 0; g < kernel.groups_; ++g)
      if (!kernel.finish_values(g, kernel.shifts_[g], false) && !kernel.again(g)) return;
  }

  // Row group g by its exact maxima; false if told to stop.
  static bool run_exact(const ValueBlock& block, int64_t g) { return ValueKernel(block).again(g); }

 private:
  static constexpr int64_t kMostGroups = 64;

  explicit ValueKernel(const ValueBlock& block)
      : Tile(block, &block.values), b_(block), reach_(smaller(block.window, block.near)) {}

  // Of two distances, where 0 means any.
  static int64_t smaller(int64_t a, int64_t b) { return a == 0 || (b > 0 && b < a) ? b : a; }

  void forget_shifts(int64_t g) {
    for (int r = 0; r < kRows; ++r) shifts_[g][r] = kNoShift;
  }

  bool again(int64_t g) { return find_maxima(g) && sweep(g, g + 1) && Tile::finish_values(g, shifts_[g], true); }

  // All panels for row groups [first, last); false if told to stop.
  bool sweep(int64_t first, int64_t last) {
    Tile::clear_values(first * kRows, last * kRows);
    return each_panel(first, last, [this](int64_t g, int64_t c0) {
      const int64_t farthest = first_row(g) + kRows - 1 - c0;
      // A row's first tile is not taken for one: it sets the row's shift.
      const bool all = c0 > 0 && c0 + kColumns - 1 <= first_row(g) && (reach_ == 0 || farthest + 1 < reach_);
      if (!all) {
        masked(g, c0);
      } else {
        Tile::has_bias() ? whole<true>(g, c0) : whole<false>(g, c0);
      }
      Tile::add_values(g, c0);
    });
  }

  template <class Visit>
  bool each_panel(int64_t first, int64_t last, const Visit& visit) {
    const int64_t groups_end = first_row(last), block_end = b_.first_row + b_.rows;
    const int64_t end = groups_end < block_end ? groups_end : block_end;
    const int64_t nearest = reach_ > 0 ? first_row(first) - reach_ + 1 : 0;
    const int64_t begin = nearest > 0 ? nearest / kColumns * kColumns : 0;
    for (int64_t c0 = b_.near > 0 ? 0 : begin; c0 < end; c0 += kColumns) {
      if (c0 > 0 && c0 < begin) c0 = begin;  // behind the sinks
      if (b_.stop(b_.stop_context)) return false;
      const int64_t skipped = (c0 - b_.first_row) / kRows;  // groups that lie above the diagonal
      for (int64_t g = skipped > first ? skipped : first; g < last; ++g) visit(g, c0);
    }
    return true;
  }

  // A tile all of whose keys are visible.
  template <bool kBias>
  void whole(int64_t g, int64_t c0) {
    float start[kRows];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) start[r] = -shifts_[g][r];
    Ahead ahead = Tile::ahead_of_keys(g, c0);
    Vec acc[kRows][kVectors];
    this->template multiply_from<kBias>(start, g, c0, acc, ahead);
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
      Vec p[kVectors];
      V::exp2(acc[r], p);
      Tile::keep_weights(g, r, p);
    }
  }

  // The columns of a panel that a row sees: first .. last, and of the sinks before them first_sink .. last_sink.
  struct Visible {
    int first, last, first_sink, last_sink;
    bool any() const { return first <= last || first_sink <= last_sink; }
  };
  Visible visible(int64_t n, int64_t c0) const {
    Visible seen = {0, 0, 0, -1};
    Tile::visible(n, c0, reach_, seen.first, seen.last);
    if (b_.near == 0 || c0 > 0) return seen;
    Tile::visible(n, c0, b_.window, seen.first_sink, seen.last_sink);
    const int before = seen.first < kSinks ? seen.first : kSinks;
    if (seen.last_sink >= before) seen.last_sink = before - 1;
    return seen;
  }

  // Any tile.
  void masked(int64_t g, int64_t c0) {
    float start[kRows];
    for (int r = 0; r < kRows; ++r) start[r] = Tile::start_of(shifts_[g][r]);
    alignas(64) float x[kRows][kColumns];
    Tile::store_logits(start, g, c0, x);
    for (int r = 0; r < kRows; ++r) {
      const Visible seen = visible(first_row(g) + r, c0);
      if (shifts_[g][r] == kNoShift && seen.any()) {
        shifts_[g][r] = Tile::shift_from(largest(x[r], seen));
        Tile::shift_row(shifts_[g][r], x[r]);
      }
      Vec xs[kVectors], p[kVectors];
      for (int v = 0; v < kVectors; ++v) xs[v] = V::load(x[r] + v * kLanes);
      V::exp2(xs, p);
      for (int v = 0; v < kVectors; ++v) {
        const Vec sinks = Tile::keep_columns(p[v], v, seen.first_sink, seen.last_sink + 1);
        p[v] = V::add(Tile::keep_columns(p[v], v, seen.first, seen.last + 1), sinks);
      }
      Tile::keep_weights(g, r, p);
    }
  }

  static float largest(const float* x, const Visible& seen) {
    const float top = Tile::largest(x, seen.first, seen.last),
                sinks = Tile::largest(x, seen.first_sink, seen.last_sink);
    return top > sinks ? top : sinks;
  }

  // Sets the shifts of a row group to its rows' exact maxima; false if told to stop.
  bool find_maxima(int64_t g) {
    const float start[kRows] = {};
    for (int r = 0; r < kRows; ++r) shifts_[g][r] = -kNoShift;
    return each_panel(g, g + 1, [&](int64_t, int64_t c0) {
      alignas(64) float x[kRows][kColumns];
      Tile::store_logits(start, g, c0, x);
      for (int r = 0; r < kRows; ++r) {
        const float top = largest(x[r], visible(first_row(g) + r, c0));
        if (top > shifts_[g][r]) shifts_[g][r] = top;
      }
    });
  }

  const ValueBlock& b_;
  const int64_t reach_;  // keys from this distance on are hidden, but for the sinks; 0: none are
  float shifts_[kMostGroups][kRows];
};

}  // namespace attention
}  // namespace longattn
