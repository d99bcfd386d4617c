// The sums of a block's rows by segment of distance, one part a lane until the block is done. No STL here: it is
// compiled with the flags of the kernel that includes it.
#pragma once

#include "attention/row_block.h"
#include "simd/inline.h"

namespace longattn {
namespace attention {

template <class V>
class SegmentSums {
  using Vec = typename V::Vec;
  static constexpr int kLanes = V::kLanes;

 public:
  struct Part {
    float mass[kLanes], squares[kLanes];
  };
  struct alignas(64) Row {
    float weighted[kLanes], peak[kLanes];
    float start;  // -shift: what a product's accumulator starts at
  };
  // The memory for one row, as RowKernel::scratch_bytes wants it.
  static constexpr int64_t kScratchBytes = kMaxSegments * sizeof(Part) + sizeof(Row);

  // `rows`: of the block, rounded up to row groups.
  SegmentSums(const RowBlock& block, int64_t rows)
      : b_(block),
        rows_(static_cast<Row*>(block.scratch)),
        parts_(reinterpret_cast<Part*>(rows_ + rows)),
        padded_(rows),
        top_segment_(segment_within(*block.segments, block.first_row + block.rows)) {}

  // That of the farthest distance of the block.
  int top_segment() const { return top_segment_; }
  LONGATTN_INLINE Row& row(int64_t r) const { return rows_[r]; }
  // Sums of segment s, row r: the rows of a segment are neighbours, so that a panel's pass stays within a few pages.
  LONGATTN_INLINE Part* part(int64_t s, int64_t r) const { return parts_ + s * padded_ + r; }

  void clear(int64_t begin, int64_t end) const {
    for (int s = 0; s <= top_segment_; ++s)
      for (int64_t r = begin; r < end; ++r) {
        V::store(part(s, r)->mass, V::zero());
        V::store(part(s, r)->squares, V::zero());
      }
    for (int64_t r = begin; r < end; ++r) {
      RowState& state = b_.states[r];
      for (int i = 0; i < kSinks; ++i) state.sink[i] = 0;
      state.weighted = 0;
      V::store(row(r).weighted, V::zero());
      V::store(row(r).peak, V::zero());
    }
  }

  // Adds up the lanes.
  void finish(int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; ++r) {
      RowState& state = b_.states[r];
      for (int s = 0; s <= top_segment_; ++s) {
        state.mass[s] = V::sum(V::load(part(s, r)->mass));
        state.squares[s] = V::sum(V::load(part(s, r)->squares));
      }
      for (int s = top_segment_ + 1; s < kMaxSegments; ++s) state.mass[s] = state.squares[s] = 0;
      state.weighted += V::sum(V::load(row(r).weighted));
      state.peak = V::maximum(V::load(row(r).peak));
    }
  }

  // Adds columns [begin, end) of a panel, all in `segment`, to row r.
  void add_run(const float* x, const float* p, int begin, int end, int segment, int64_t r) const {
    Row& row = rows_[r];
    Part& sum = *part(segment, r);
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
    if (segment >= b_.segments->first_far) V::store(row.peak, peak);
  }

  // Whether a float32 sum of rows begin .. end - 1 is Inf or NaN: it has passed 2^128.
  bool overflowed(int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end && r < b_.rows; ++r) {
      const RowState& state = b_.states[r];
      double sum = state.weighted;
      for (int s = 0; s <= top_segment_; ++s) sum += state.mass[s] + state.squares[s];
      for (int i = 0; i < kSinks; ++i) sum += state.sink[i];
      if (!(sum < 1e300)) return true;
    }
    return false;
  }

 private:
  // The last segment that begins below `distance`.
  static int segment_within(const Segments& segments, int64_t distance) {
    int segment = segments.count - 1;
    while (segments.low[segment] >= distance) --segment;
    return segment;
  }

  const RowBlock& b_;
  Row* const rows_;
  Part* const parts_;  // [segments][padded_]
  const int64_t padded_;
  const int top_segment_;
};

}  // namespace attention
}  // namespace longattn
