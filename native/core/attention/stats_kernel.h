// The hand-written kernel of the statistics, one text for all instruction sets: a register tile of kRows queries x
// kVectors vectors of keys.
//
// V names the instruction set: vector type, tile shape, and a dozen operations. It must live in an anonymous namespace,
// so that what is compiled with its flags stays inside its own object file; for the same reason no STL is used here.
//
// The keys of a tile come from a panel that sits in the first-level cache: the outer loop goes over panels, the inner
// one over the rows of the block. A tile whose distances lie in one segment, or in two neighbours, is summed in
// registers; those with the diagonal, the sink, a window's edge or more edges (short windows of text) go through
// memory. There is no pass for the rows' maxima: the shift is chosen from the first panel that a row sees and is 0
// nearly always, since float32 has room for 60 powers of two on either side; a row that overflows all the same is done
// again with its exact maximum.
//
// Values, where they are wanted, take each tile's weights from the first-level cache before the next tile is made.
#pragma once

#include "attention/segment_sums.h"
#include "attention/value_kernel.h"
#include "attention/value_tile.h"

namespace longattn {
namespace attention {

// kValues: softmax V too.
template <class V, bool kValues = false>
class StatsKernel : ValueTile<V> {
  using Tile = ValueTile<V>;
  using typename Tile::Vec;
  using Mask = typename V::Mask;
  using Tile::groups_;
  using Tile::kRows, Tile::kVectors, Tile::kLanes, Tile::kNoShift;
  using Tile::prefetch, Tile::first_row, Tile::first_panel, Tile::has_bias;
  using Tile::store_logits, Tile::total, Tile::visible, Tile::first_shift;
  using Sums = SegmentSums<V>;
  using Part = typename Sums::Part;
  using Row = typename Sums::Row;

 public:
  using Tile::kColumns;
  static constexpr int64_t kScratchBytes = Sums::kScratchBytes;

  static void run(const RowBlock& block) {
    StatsKernel kernel(block);
    if (!kernel.sweep(0, kernel.groups_)) return;
    if constexpr (kValues) {
      if (!kernel.write_values()) return;
    }
    for (int64_t g = 0; g < kernel.groups_; ++g)
      if (kernel.sums_.overflowed(g * kRows, (g + 1) * kRows) && (!kernel.find_shifts(g) || !kernel.sweep(g, g + 1)))
        return;
  }

 private:
  explicit StatsKernel(const RowBlock& block)
      : Tile(block, block.values), b_(block), segments_(*block.segments), sums_(block, groups_ * kRows) {
    for (int64_t r = 0; r < groups_ * kRows; ++r) b_.states[r].shift = kNoShift;
  }

  void clear(int64_t begin, int64_t end) {
    sums_.clear(begin, end);
    for (int64_t r = begin; r < end; ++r) sums_.row(r).start = Tile::start_of(b_.states[r].shift);
    if constexpr (kValues) Tile::clear_values(begin, end);
  }

  // All panels for row groups [first, last); false if told to stop.
  bool sweep(int64_t first, int64_t last) {
    clear(first * kRows, last * kRows);
    const int64_t groups_end = first_row(last), block_end = b_.first_row + b_.rows;
    const int64_t end = groups_end < block_end ? groups_end : block_end;
    int segment = sums_.top_segment();
    for (int64_t c0 = first_panel(first); c0 < end; c0 += kColumns) {
      if (b_.stop(b_.stop_context)) return false;
      const int64_t skipped = (c0 - b_.first_row) / kRows;  // groups that lie above the diagonal
      const int64_t begin = skipped > first ? skipped : first;
      while (segment > 0 && segments_.low[segment] > first_row(last) - 1 - c0) --segment;
      for (int64_t g = begin; g < last; ++g) {
        if constexpr (!kValues) {
          if (c0 + kColumns < end) prefetch(c0 + kColumns, g - begin, last - begin);
        }
        tile(g, c0, segment);
        if constexpr (kValues) Tile::add_values(g, c0);
      }
    }
    sums_.finish(first * kRows, last * kRows);
    return true;
  }

  // `segment` holds the farthest distance of the block's rows, or one beyond it.
  void tile(int64_t g, int64_t c0, int segment) {
    const int64_t nearest = first_row(g) - c0 - (kColumns - 1), farthest = first_row(g) + kRows - 1 - c0;
    while (segment > 0 && segments_.low[segment] > farthest) --segment;
    // A row's first tile must take the slow way, which sets its shift: c0 == 0, or the one that holds the window's
    // edge.
    if (c0 == 0 || (b_.window > 0 && farthest + 1 >= b_.window)) return boundary(g, c0);
    if (nearest >= segments_.low[segment]) return dispatch<false>(g, c0, segment);
    if (segment > 0 && nearest >= segments_.low[segment - 1]) return dispatch<true>(g, c0, segment);
    boundary(g, c0);
  }

  template <bool kEdge>
  LONGATTN_INLINE void dispatch(int64_t g, int64_t c0, int segment) {
    has_bias() ? dispatch<kEdge, true>(g, c0, segment) : dispatch<kEdge, false>(g, c0, segment);
  }
  template <bool kEdge, bool kBias>
  LONGATTN_INLINE void dispatch(int64_t g, int64_t c0, int segment) {
    const bool peak = b_.far_peak && segment >= segments_.first_far;
    if (b_.entropy)
      peak ? interior<kEdge, kBias, true, true>(g, c0, segment) : interior<kEdge, kBias, true, false>(g, c0, segment);
    else
      peak ? interior<kEdge, kBias, false, true>(g, c0, segment) : interior<kEdge, kBias, false, false>(g, c0, segment);
  }

  // A tile all of whose keys are visible and lie in `segment`, or (kEdge) in `segment` and the one before it.
  template <bool kEdge, bool kBias, bool kEntropy, bool kPeak>
  void interior(int64_t g, int64_t c0, int segment) {
    const int64_t r0 = g * kRows;
    Row* row = &sums_.row(r0);
    float start[kRows];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) start[r] = row[r].start;
    Vec acc[kRows][kVectors];
    if constexpr (kValues) {
      typename Tile::Ahead ahead = Tile::ahead_of_keys(g, c0);
      this->template multiply_from<kBias>(start, g, c0, acc, ahead);
    } else {
      this->template multiply_from<kBias>(start, g, c0, acc);
    }

    Part* far = sums_.part(segment, r0);
    Part* near = sums_.part(segment - 1, r0);
    // Columns below `edge` of row 0 belong to `segment`; each row further down has one more.
    const int64_t edge = first_row(g) - c0 - segments_.low[segment] + 1;
    const bool near_peak = segment - 1 >= segments_.first_far;
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
      Vec p[kVectors];
      V::exp2(acc[r], p);
      if constexpr (kValues) Tile::keep_weights(g, r, p);
      if (kEdge) {
        Mask in_far[kVectors];
        V::below(edge + r, in_far);
        Vec m = V::load(far[r].mass), s = V::load(far[r].squares), near_m = V::load(near[r].mass),
            near_s = V::load(near[r].squares);
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
          m = V::add_where(in_far[v], m, p[v]);
          s = V::fma_where(in_far[v], p[v], p[v], s);
          near_m = V::add_where(V::negate(in_far[v]), near_m, p[v]);
          near_s = V::fma_where(V::negate(in_far[v]), p[v], p[v], near_s);
        }
        V::store(far[r].mass, m);
        V::store(far[r].squares, s);
        V::store(near[r].mass, near_m);
        V::store(near[r].squares, near_s);
        if (kPeak) {
          Vec peak = V::load(row[r].peak);
          LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) peak =
              near_peak ? V::max(peak, p[v]) : V::max(peak, V::keep_where(in_far[v], p[v]));
          V::store(row[r].peak, peak);
        }
      } else {
        V::store(far[r].mass, V::add(V::load(far[r].mass), total(p)));
        Vec s = V::load(far[r].squares);
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) s = V::fma(p[v], p[v], s);
        V::store(far[r].squares, s);
        if (kPeak) {
          Vec peak = V::load(row[r].peak);
          LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) peak = V::max(peak, p[v]);
          V::store(row[r].peak, peak);
        }
      }
      if (kEntropy) {
        Vec w = V::load(row[r].weighted);
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) w = V::fma(p[v], acc[r][v], w);
        V::store(row[r].weighted, w);
      }
    }
  }

  // Any tile: its rows are cut into runs of visible keys of one segment.
  void boundary(int64_t g, int64_t c0) {
    float start[kRows];
    for (int r = 0; r < kRows; ++r) start[r] = sums_.row(g * kRows + r).start;
    alignas(64) float x[kRows][kColumns];
    store_logits(start, g, c0, x);
    for (int r = 0; r < kRows; ++r) boundary_row(g, r, c0, x[r]);
  }

  void boundary_row(int64_t g, int r_of_group, int64_t c0, float (&x)[kColumns]) {
    const int64_t r = g * kRows + r_of_group;
    const int64_t n = b_.first_row + r;
    RowState& state = b_.states[r];
    int first, last;
    visible(n, c0, first, last);
    if (state.shift == kNoShift && first <= last) {
      state.shift = first_shift(x, first, last);
      sums_.row(r).start = -state.shift;
      Tile::shift_row(state.shift, x);
    }
    alignas(64) float p[kColumns];
    Vec xs[kVectors], ps[kVectors];
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) xs[v] = V::load(x + v * kLanes);
    V::exp2(xs, ps);
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) V::store(p + v * kLanes, ps[v]);
    if constexpr (kValues) {
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) ps[v] = Tile::keep_columns(ps[v], v, first, last + 1);
      Tile::keep_weights(g, r_of_group, ps);
    }
    if (first > last) return;

    int c = first;
    for (; c0 == 0 && c <= last && c < kSinks; ++c) {
      state.sink[c] = p[c];
      state.weighted += static_cast<double>(p[c]) * x[c];  // the product is exact: fused or not, the same sum
    }
    int segment = sums_.top_segment();
    while (c <= last) {
      const int64_t distance = n - c0 - c;
      while (distance < segments_.low[segment]) --segment;
      const int64_t to_edge = distance - segments_.low[segment] + 1;
      const int end = to_edge > last + 1 - c ? last + 1 : c + static_cast<int>(to_edge);
      sums_.add_run(x, p, c, end, segment, r);
      c = end;
    }
  }

  // What a block has whose statistics nobody wants, to the bit; false if told to stop.
  bool write_values() const {
    for (int64_t g = 0; g < groups_; ++g) {
      float shifts[kRows];
      for (int r = 0; r < kRows; ++r) shifts[r] = b_.states[g * kRows + r].shift;
      if (Tile::finish_values(g, shifts, false)) continue;
      const ValueBlock alone = {b_, *b_.values, 0};
      if (!ValueKernel<V>::run_exact(alone, g)) return false;
    }
    return true;
  }

  // Sets the shifts of a row group to its rows' exact maxima; false if told to stop.
  bool find_shifts(int64_t g) {
    float maxima[kRows];
    if (!Tile::find_maxima(g, maxima)) return false;
    for (int r = 0; r < kRows; ++r) b_.states[g * kRows + r].shift = maxima[r];
    return true;
  }

  const RowBlock& b_;
  const Segments& segments_;
  const Sums sums_;
};

// RowKernel::run of a kernel that has values.
template <class V>
void run_rows(const RowBlock& block) {
  block.values != nullptr ? StatsKernel<V, true>::run(block) : StatsKernel<V>::run(block);
}

}  // namespace attention
}  // namespace longattn
