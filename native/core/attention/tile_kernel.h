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
    const int64_t lines = in_.dim * kColumns / 16;  // of 64 bytes
    for (int64_t line = lines * part / parts; line < lines * (part + 1) / parts; ++line)
      __builtin_prefetch(panel(c0) + line * 16, 0, 2);
  }

  const float* query(int64_t g) const { return queries_ + g * kRows * in_.dim; }
  const float* panel(int64_t c0) const { return panels_ + c0 * in_.dim; }

  // acc[r][v] += q[r] . keys
  static LONGATTN_INLINE void multiply(const float* q, const float* keys, int64_t dim, Vec (&acc)[kRows][kVectors]) {
    if (kRows < kVectors) return multiply_few_rows(q, keys, dim, acc);
    for (int64_t j = 0; j < dim; ++j) {
      typename V::Factor k[kVectors];
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) k[v] = V::load_factor(keys + j * kColumns + v * kLanes);
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
        const typename V::Factor a = V::broadcast_factor(q + r * dim + j);
        LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] = V::multiply_add(a, k[v], acc[r][v]);
      }
    }
  }

  // The same for a tile with fewer rows than vectors: the queries stay in registers and the keys pass by.
  static LONGATTN_INLINE void multiply_few_rows(const float* q, const float* keys, int64_t dim,
                                                Vec (&acc)[kRows][kVectors]) {
    for (int64_t j = 0; j < dim; ++j) {
      typename V::Factor a[kRows];
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) a[r] = V::broadcast_factor(q + r * dim + j);
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
        const typename V::Factor k = V::load_factor(keys + j * kColumns + v * kLanes);
        LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) acc[r][v] = V::multiply_add(a[r], k, acc[r][v]);
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

  // acc[r][v] = start[r] + the logits of a tile, without softcap. ALiBi's bias comes last: a sum of dim products that
  // begins at a bias of -50 would round dim times at that size. Whether there is one is known to the compiler: asked
  // here, it would cost a kernel of 16 registers half of its speed.
  template <bool kAlibi>
  LONGATTN_INLINE void multiply_from(const float (&start)[kRows], int64_t g, int64_t c0,
                                     Vec (&acc)[kRows][kVectors]) const {
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vec first = kAlibi ? V::zero() : V::set1(start[r]);
      LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] = first;
    }
    multiply(query(g), panel(c0), in_.dim, acc);
    if (!kAlibi) return;
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] =
        biased(V::add(acc[r][v], V::set1(start[r])), c0 + v * kLanes - first_row(g) - r);
  }

  // x + alibi * (distance + lane). The distance is exact, a difference of products would not be; the slope has two
  // parts, because its rounding to float32 is the same for all keys of a distance: no sum averages it out.
  LONGATTN_INLINE Vec biased(Vec x, int64_t distance) const {
    const Vec lanes = V::add(V::iota(), V::set1(static_cast<float>(distance)));
    return V::fma(V::set1(alibi_), lanes, V::fma(V::set1(alibi_rest_), lanes, x));
  }

  // The logits of a tile before the shift.
  void store_logits(int64_t g, int64_t c0, float (&x)[kRows][kColumns]) const {
    Vec acc[kRows][kVectors];
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] =
        V::zero();
    multiply(query(g), panel(c0), in_.dim, acc);
    LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v)
        V::store(x[r] + v * kLanes, acc[r][v]);
    if (in_.softcap > 0)
      for (int r = 0; r < kRows; ++r)
        for (int c = 0; c < kColumns; c += kLanes)
          V::store(x[r] + c, V::mul(V::set1(in_.softcap), tanh(V::load(x[r] + c))));
    if (in_.alibi != 0)
      for (int r = 0; r < kRows; ++r)
        for (int c = 0; c < kColumns; c += kLanes)
          V::store(x[r] + c, biased(V::load(x[r] + c), c0 + c - first_row(g) - r));
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
  void visible(int64_t n, int64_t c0, int& first, int& last) const {
    const int64_t begin = in_.window > 0 ? n - in_.window + 1 - c0 : 0, end = n - c0;
    first = static_cast<int>(begin < 0 ? 0 : begin > kColumns ? kColumns : begin);
    last = static_cast<int>(end > kColumns - 1 ? kColumns - 1 : end);
  }

  static float largest(const float* x, int first, int last) {
    float top = -kNoShift;
    for (int c = first; c <= last; ++c) top = x[c] > top ? x[c] : top;
    return top;
  }

  // What a row's sums are relative to, from the first logits that it sees. float32 has room for 60 powers of two on
  // either side, so that no pass for the maxima is needed.
  static float first_shift(const float* x, int first, int last) {
    const float top = largest(x, first, last);
    return top > kFreeShift || top < -kFreeShift ? top : 0;
  }

  // The exact maxima of a row group's logits; false if told to stop.
  bool find_maxima(int64_t g, float (&maxima)[kRows]) const {
    for (int r = 0; r < kRows; ++r) maxima[r] = -kNoShift;
    for (int64_t c0 = first_panel(g); c0 < first_row(g + 1) && c0 < in_.first_row + in_.rows; c0 += kColumns) {
      if (in_.stop(in_.stop_context)) return false;
      alignas(64) float x[kRows][kColumns];
      store_logits(g, c0, x);
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
