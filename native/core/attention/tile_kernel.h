// Tiles of logits: what the hand-written kernels have in common, one text for all instruction sets.
//
// V names the instruction set: vector type, tile shape, and a dozen operations. A register tile is kRows queries x
// kVectors vectors of keys. It must live in an anonymous namespace, so that what is compiled with its flags stays
// inside its own object file; for the same reason no STL is used here.
#pragma once

#include "attention/row_block.h"
#include "simd/inline.h"

namespace longattn {
namespace attention {

template <class V>
class TileKernel {
 public:
  static constexpr int kColumns = V::kVectors * V::kLanes;

 protected:
  using Vec = typename V::Vec;
  static constexpr int kRows = V::kRows, kVectors = V::kVectors, kLanes = V::kLanes;
  static constexpr float kNoShift = 3e38f;  // the row has not seen a key yet
  static constexpr float kFreeShift = 16;   // a first maximum within +-16 needs no shift
  static constexpr int64_t kLine = 16;      // floats of a cache line

  explicit TileKernel(const BlockInput& block)
      : in_(block),
        queries_(static_cast<const float*>(block.queries)),
        panels_(static_cast<const float*>(block.panels)),
        alibi_(static_cast<float>(block.alibi)),
        alibi_rest_(static_cast<float>(block.alibi - alibi_)),
        groups_((block.rows + kRows - 1) / kRows) {}

  int64_t first_row(int64_t g) const { return in_.first_row + g * kRows; }
  int64_t first_panel(int64_t g) const {
    const int64_t first = in_.window > 0 ? first_row(g) - in_.window + 1 : 0;
    return first > 0 ? first / kColumns * kColumns : 0;
  }

  // Brings part `part` of `parts` of the panel at c0 into the second-level cache while others are worked on.
  void prefetch(int64_t c0, int64_t part, int64_t parts) const {
    const int64_t lines = in_.dim * kColumns / kLine;
    for (int64_t line = lines * part / parts; line < lines * (part + 1) / parts; ++line)
      __builtin_prefetch(panel(c0) + line * kLine, 0, 2);
  }

  const float* query(int64_t g) const { return queries_ + g * kRows * in_.dim; }
  const float* panel(int64_t c0) const { return panels_ + c0 * in_.dim; }

  // acc[r][v] += a[r] . columns, a row of a `stride` elements after the one before. A tile with fewer rows than vectors
  // keeps a's elements in registers while the columns pass by, any other one the columns.
  static LONGATTN_INLINE void multiply(const float* a, int64_t stride, const float* columns, int64_t depth,
                                       Vec (&acc)[kRows][kVectors]) {
    for (int64_t j = 0; j < depth; ++j) multiply_one(a + j, stride, columns + j * kColumns, acc);
  }

  // What a product brings into the caches for those after it. Hardware does not see it coming: a tile's rows are short,
  // and a panel is read once from far away and then from the first-level cache.
  struct Ahead {
    const float* tile;   // what the next tile reads first
    const float* panel;  // a share of the next panel
  };

  // The same, with what `ahead` names.
  static LONGATTN_INLINE void multiply(const float* a, int64_t stride, const float* columns, int64_t depth,
                                       Vec (&acc)[kRows][kVectors], Ahead& ahead) {
    int64_t j = 0;
    for (; j + 4 <= depth; j += 4) {
      __builtin_prefetch(ahead.tile, 0, 3);
      __builtin_prefetch(ahead.tile + kLine, 0, 3);
      __builtin_prefetch(ahead.panel, 0, 2);
      ahead.tile += 2 * kLine;
      ahead.panel += kLine;
      LONGATTN_UNROLL for (int i = 0; i < 4; ++i) multiply_one(a + j + i, stride, columns + (j + i) * kColumns, acc);
    }
    for (; j < depth; ++j) multiply_one(a + j, stride, columns + j * kColumns, acc);
  }

  static LONGATTN_INLINE void multiply_one(const float* a, int64_t stride, const float* column,
                                           Vec (&acc)[kRows][kVectors]) {
    if (kRows < kVectors) {
      typename V::Factor factor[kRows];
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) factor[r] = V::broadcast_factor(a + r * stride);
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
        const typename V::Factor k = V::load_factor(column + v * kLanes);
        LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) acc[r][v] = V::multiply_add(factor[r], k, acc[r][v]);
      }
    } else {
      typename V::Factor k[kVectors];
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) k[v] = V::load_factor(column + v * kLanes);
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
        const typename V::Factor factor = V::broadcast_factor(a + r * stride);
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] = V::multiply_add(factor, k[v], acc[r][v]);
      }
    }
  }

  static LONGATTN_INLINE Vec total(const Vec (&p)[kVectors]) {
    Vec pairs[(kVectors + 1) / 2];
    LONGATTN_UNROLL for (int v = 0; v < kVectors; v += 2) pairs[v / 2] =
        v + 1 < kVectors ? V::add(p[v], p[v + 1]) : p[v];
    Vec sum = pairs[0];
    LONGATTN_UNROLL for (int i = 1; i < (kVectors + 1) / 2; ++i) sum = V::add(sum, pairs[i]);
    return sum;
  }

  // acc[r][v] = start[r] + the logits of a tile. Every caller gets the same bits. A bias (ALiBi's, or softcap) comes
  // after the products: a sum of dim of them that begins at a bias of -50 would round dim times at that size. Whether
  // there is one is known to the compiler: asked here, it would cost a kernel of 16 registers half of its speed.
  template <bool kBias, class... MaybeAhead>
  LONGATTN_INLINE void multiply_from(const float (&start)[kRows], int64_t g, int64_t c0, Vec (&acc)[kRows][kVectors],
                                     MaybeAhead&... ahead) const {
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vec first = kBias ? V::zero() : V::set1(start[r]);
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] = first;
    }
    multiply(query(g), in_.dim, panel(c0), in_.dim, acc, ahead...);
    if (kBias) add_bias(start, c0 - first_row(g), acc);
  }

  // `distance`: i - n of the tile's first key and row.
  void add_bias(const float (&start)[kRows], int64_t distance, Vec (&acc)[kRows][kVectors]) const {
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v) {
        Vec x = acc[r][v];
        if (in_.softcap > 0) x = V::mul(V::set1(in_.softcap), tanh(x));
        if (in_.alibi != 0) x = biased(x, distance + v * kLanes - r);
        acc[r][v] = V::add(x, V::set1(start[r]));
      }
  }

  // x + alibi * (distance + lane). The distance is exact, a difference of products would not be; the slope has two
  // parts, because its rounding to float32 is the same for all keys of a distance: no sum averages it out.
  LONGATTN_INLINE Vec biased(Vec x, int64_t distance) const {
    const Vec lanes = V::add(V::iota(), V::set1(static_cast<float>(distance)));
    return V::fma(V::set1(alibi_), lanes, V::fma(V::set1(alibi_rest_), lanes, x));
  }

  bool has_bias() const { return in_.softcap > 0 || in_.alibi != 0; }

  // start[r] + the logits of a tile, in memory.
  void store_logits(const float (&start)[kRows], int64_t g, int64_t c0, float (&x)[kRows][kColumns]) const {
    Vec acc[kRows][kVectors];
    has_bias() ? multiply_from<true>(start, g, c0, acc) : multiply_from<false>(start, g, c0, acc);
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v)
        V::store(x[r] + v * kLanes, acc[r][v]);
  }

  // y * P(y*y) / Q(y*y), 2e-8 relative where tanh is not yet 1 in float32.
  static Vec tanh(Vec x) {
    const Vec y = V::max(V::min(x, V::set1(9)), V::set1(-9)), z = V::mul(y, y);
    Vec p = V::fma(z, V::set1(1.33533514e-8f), V::set1(2.06081365e-5f));
    p = V::fma(p, z, V::set1(3.49553144e-3f));
    p = V::fma(p, z, V::set1(0.133809785f));
    p = V::fma(p, z, V::set1(0.99999998f));
    Vec q = V::fma(z, V::set1(7.77602078e-7f), V::set1(3.28554137e-4f));
    q = V::fma(q, z, V::set1(2.58767682e-2f));
    q = V::fma(q, z, V::set1(0.467142942f));
    q = V::fma(q, z, V::set1(1));
    return V::div(V::mul(y, p), q);
  }

  // The columns of a panel that row n sees: [first, last], counted within the panel; none if first > last.
  void visible(int64_t n, int64_t c0, int& first, int& last) const { visible(n, c0, in_.window, first, last); }
  static void visible(int64_t n, int64_t c0, int64_t window, int& first, int& last) {
    const int64_t begin = window > 0 ? n - window + 1 - c0 : 0, end = n - c0;
    first = static_cast<int>(begin < 0 ? 0 : begin > kColumns ? kColumns : begin);
    last = static_cast<int>(end > kColumns - 1 ? kColumns - 1 : end < -1 ? -1 : end);
  }

  // Columns [begin, end) of a tile's vector v, 0 elsewhere.
  static LONGATTN_INLINE Vec keep_columns(Vec x, int v, int begin, int end) {
    return V::keep(x, within(begin - v * kLanes), within(end - v * kLanes));
  }
  static int within(int lane) { return lane < 0 ? 0 : lane > kLanes ? kLanes : lane; }

  static float largest(const float* x, int first, int last) {
    float top = -kNoShift;
    for (int c = first; c <= last; ++c) top = x[c] > top ? x[c] : top;
    return top;
  }

  // What a row's sums are relative to, from the first logits that it sees. float32 has room for 60 powers of two on
  // either side, so that no pass for the maxima is needed.
  static float shift_from(float top) { return top > kFreeShift || top < -kFreeShift ? top : 0; }
  static float first_shift(const float* x, int first, int last) { return shift_from(largest(x, first, last)); }

  // What the logits of a row start at.
  static float start_of(float shift) { return shift == kNoShift ? 0 : -shift; }

  // For logits that were made before their row had a shift.
  static void shift_row(float shift, float (&x)[kColumns]) {
    for (int v = 0; v < kVectors; ++v) V::store(x + v * kLanes, V::add(V::load(x + v * kLanes), V::set1(-shift)));
  }

  // The exact maxima of a row group's logits; false if told to stop.
  bool find_maxima(int64_t g, float (&maxima)[kRows]) const {
    for (int r = 0; r < kRows; ++r) maxima[r] = -kNoShift;
    for (int64_t c0 = first_panel(g); c0 < first_row(g + 1) && c0 < in_.first_row + in_.rows; c0 += kColumns) {
      if (in_.stop(in_.stop_context)) return false;
      const float start[kRows] = {};
      alignas(64) float x[kRows][kColumns];
      store_logits(start, g, c0, x);
      for (int r = 0; r < kRows; ++r) {
        int first, last;
        visible(first_row(g) + r, c0, first, last);
        const float top = largest(x[r], first, last);
        if (top > maxima[r]) maxima[r] = top;
      }
    }
    return true;
  }

  const BlockInput& in_;
  const float* queries_;
  const float* panels_;
  const float alibi_, alibi_rest_;  // their sum is the slope
  const int64_t groups_;
};

}  // namespace attention
}  // namespace longattn
