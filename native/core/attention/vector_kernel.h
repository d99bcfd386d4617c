// The hand-written row kernel, one text for all instruction sets: a register tile of kRows queries x kVectors vectors
// of keys.
//
// V names the instruction set: vector type, tile shape, and a dozen operations. It must live in an anonymous namespace,
// so that what is compiled with its flags stays inside its own object file; for the same reason no STL is used here.
//
// The keys of a tile come from a panel that sits in the first-level cache: the outer loop goes over panels, the inner
// one over the rows of the block. A tile whose distances lie in one segment, or in two neighbours, is summed in
// registers; those with the diagonal, the sink, a window's edge or more edges (short windows of text) go through
// memory. Sums stay one part a lane, in an array by segment and row, until the block is done. There is no pass for the
// rows' maxima: the shift is chosen from the first panel that a row sees and is 0 nearly always, since float32 has room
// for 60 powers of two on either side; a row that overflows all the same is done again with its exact maximum.
#pragma once

#include "attention/value_kernel.h"
#include "attention/value_tile.h"

namespace longattn {
namespace attention {

// kValues: softmax V too.
template <class V, bool kValues = false>
class VectorKernel : ValueTile<V> {
  using Tile = ValueTile<V>;
  using typename Tile::Vec;
  using Mask = typename V::Mask;
  using Tile::groups_;
  using Tile::kRows, Tile::kVectors, Tile::kLanes, Tile::kNoShift;
  using Tile::prefetch, Tile::first_row, Tile::first_panel, Tile::has_bias;
  using Tile::store_logits, Tile::total, Tile::visible, Tile::first_shift;

 public:
  using Tile::kColumns;

  // The kernel's memory for one row, as RowKernel::scratch_bytes wants it.
  struct Sums {
    float mass[kLanes], squares[kLanes];
  };
  struct alignas(64) Row {
    float weighted[kLanes], peak[kLanes];
    float start;  // -shift: what a product's accumulator starts at
  };
  static constexpr int64_t kScratchBytes = kMaxSegments * sizeof(Sums) + sizeof(Row);

  static void run(const RowBlock& block) {
    VectorKernel kernel(block);
    if (!kernel.sweep(0, kernel.groups_)) return;
    if constexpr (kValues) {
      if (!kernel.write_values()) return;
    }
    for (int64_t g = 0; g < kernel.groups_; ++g)
      if (kernel.overflowed(g) && (!kernel.find_shifts(g) || !kernel.sweep(g, g + 1))) return;
  }

 private:
  explicit VectorKernel(const RowBlock& block)
      : Tile(block, block.values),
        b_(block),
        segments_(*block.segments),
        rows_(static_cast<Row*>(block.scratch)),
        sums_(reinterpret_cast<Sums*>(rows_ + groups_ * kRows)) {
    top_segment_ = segments_.count - 1;
    while (segments_.low[top_segment_] >= b_.first_row + b_.rows) --top_segment_;
    for (int64_t r = 0; r < groups_ * kRows; ++r) b_.states[r].shift = kNoShift;
  }

  // Sums of segment s, row r: the rows of a segment are neighbours, so that a panel's pass stays within a few pages.
  Sums* sums(int64_t s, int64_t r) const { return sums_ + s * groups_ * kRows + r; }

  // All panels for row groups [first, last); false if told to stop.
  bool sweep(int64_t first, int64_t last) {
    clear(first * kRows, last * kRows);
    if constexpr (kValues) Tile::clear_values(first * kRows, last * kRows);
    const int64_t groups_end = first_row(last), block_end = b_.first_row + b_.rows;
    const int64_t end = groups_end < block_end ? groups_end : block_end;
    int segment = top_segment_;
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
    finish(first * kRows, last * kRows);
    return true;
  }

  void clear(int64_t begin, int64_t end) {
    for (int s = 0; s <= top_segment_; ++s)
      for (int64_t r = begin; r < end; ++r) {
        V::store(sums(s, r)->mass, V::zero());
        V::store(sums(s, r)->squares, V::zero());
      }
    for (int64_t r = begin; r < end; ++r) {
      RowState& state = b_.states[r];
      for (int i = 0; i < kSinks; ++i) state.sink[i] = 0;
      state.weighted = 0;
      rows_[r].start = Tile::start_of(state.shift);
      V::store(rows_[r].weighted, V::zero());
      V::store(rows_[r].peak, V::zero());
    }
  }

  // Adds up the lanes.
  void finish(int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      RowState& state = b_.states[r];
      for (int s = 0; s <= top_segment_; ++s) {
        state.mass[s] = V::sum(V::load(sums(s, r)->mass));
        state.squares[s] = V::sum(V::load(sums(s, r)->squares));
      }
      for (int s = top_segment_ + 1; s < kMaxSegments; ++s) state.mass[s] = state.squares[s] = 0;
      state.weighted += V::sum(V::load(rows_[r].weighted));
      state.peak = V::maximum(V::load(rows_[r].peak));
    }
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
    Row* row = rows_ + r0;
    float start[kRows];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) start[r] = row[r].start;
    Vec acc[kRows][kVectors];
    if constexpr (kValues) {
      typename Tile::Ahead ahead = Tile::ahead_of_keys(g, c0);
      this->template multiply_from<kBias>(start, g, c0, acc, ahead);
    } else {
      this->template multiply_from<kBias>(start, g, c0, acc);
    }

    Sums* far = sums(segment, r0);
    Sums* near = sums(segment - 1, r0);
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
    for (int r = 0; r < kRows; ++r) start[r] = rows_[g * kRows + r].start;
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
      rows_[r].start = -state.shift;
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
    int segment = top_segment_;
    while (c <= last) {
      const int64_t distance = n - c0 - c;
      while (distance < segments_.low[segment]) --segment;
      const int64_t to_edge = distance - segments_.low[segment] + 1;
      const int end = to_edge > last + 1 - c ? last + 1 : c + static_cast<int>(to_edge);
      add_run(x, p, c, end, segment, r);
      c = end;
    }
  }

  // Adds columns [begin, end) of a panel, all in `segment`, to row r.
  void add_run(const float* x, const float* p, int begin, int end, int segment, int64_t r) {
    Row& row = rows_[r];
    Sums& sum = *sums(segment, r);
    Vec mass = V::load(sum.mass), squares = V::load(sum.squares), weighted = V::load(row.weighted),
        peak = V::load(row.peak);
    for (int v = begin / kLanes; v * kLanes < end; ++v) {
      const Vec pv = V::keep(V::load(p + v * kLanes), begin - v * kLanes, end - v * kLanes);
      mass = V::add(mass, pv);
      squares = V::fma(pv, pv, squares);
      weighted = V::fma(pv, V::load(x + v * kLanes), weighted);
      peak = V::max(peak, pv);
    }
    V::store(sum.mass, mass);
    V::store(sum.squares, squares);
    V::store(row.weighted, weighted);
    if (segment >= segments_.first_far) V::store(row.peak, peak);
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

  bool overflowed(int64_t g) const {
    for (int64_t r = g * kRows; r < (g + 1) * kRows && r < b_.rows; ++r) {
      const RowState& state = b_.states[r];
      double sum = state.weighted;
      for (int s = 0; s <= top_segment_; ++s) sum += state.mass[s] + state.squares[s];
      for (int i = 0; i < kSinks; ++i) sum += state.sink[i];
      if (!(sum < 1e300)) return true;  // Inf or NaN: a float32 sum passed 2^128
    }
    return false;
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
  Row* rows_;        // [groups * kRows]
  Sums* sums_;       // [segments][groups * kRows]
  int top_segment_;  // that of the farthest distance of the block
};

// RowKernel::run of a kernel that has values.
template <class V>
void run_rows(const RowBlock& block) {
  block.values != nullptr ? VectorKernel<V, true>::run(block) : VectorKernel<V>::run(block);
}

}  // namespace attention
}  // namespace longattn
