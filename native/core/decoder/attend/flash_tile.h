// The attention kernel, one text for all instruction sets, in the compiler's own vector types.
//
// A tile is 6 queries by the columns of a few registers: its logits never leave them until they are weights. The
// weights of a tile go to the first-level cache and are multiplied with the values by the same loop that made them. The
// shift of a row starts at its first tile's maximum and is raised only when a logit passes it by 2^20, which is rare,
// so that no pass for the maximum is needed.
//
// V: Vec and Int (vectors of float and int32 of the same width), kVectors. It must live in an anonymous namespace.
#pragma once

#include <math.h>
#include <string.h>

#include "decoder/attend/flash_block.h"

namespace longattn {
namespace flash {

template <class V>
class Tile {
  using Vec = typename V::Vec;
  using Int = typename V::Int;
  static constexpr int kRows = kTileRows, kVectors = V::kVectors, kLanes = sizeof(Vec) / sizeof(float);

 public:
  static constexpr int kColumns = kVectors * kLanes;

  static void run(const Block& block) { Tile(block).sweep(); }

 private:
  static constexpr float kHidden = -3e38f;  // logit of a masked key; its weight is 2^-126
  static constexpr float kHeadroom = 20;    // a logit may pass the shift by this
  static constexpr float kSmallest = -126;  // 2^x is 0 below
  static constexpr int64_t kLine = 16;      // floats of a cache line

  explicit Tile(const Block& block) : b_(block), width_(block.value_chunks * kColumns) {
    memset(b_.sums, 0, sizeof(float) * kBlockRows * width_);
    memset(mass_, 0, sizeof(mass_));
    memset(shift_, 0, sizeof(shift_));
    memset(started_, 0, sizeof(started_));
    memset(seen_, 0, sizeof(seen_));
  }

  void sweep() {
    const int64_t end = b_.first_row + b_.rows;
    const int64_t reach = b_.window < b_.near ? b_.window : b_.near;
    const int64_t first = b_.first_row - reach + 1;
    int64_t c0 = first > 0 ? first / kPanel * kPanel : 0;
    if (c0 > 0 && b_.near < b_.window) panel(0);
    for (; c0 < end; c0 += kPanel) panel(c0);
    finish();
  }

  // The first tile of a row block that looks at a panel would wait for it, and each for its queries and sums: every
  // tile fetches those of the next one and a share of the next panel.
  void panel(int64_t c0) {
    const int64_t tiles = (b_.rows + kRows - 1) / kRows;
    for (int g = 0; g * kRows < b_.rows; ++g) {
      const int64_t n0 = b_.first_row + g * kRows;
      if (n0 + kRows - 1 < c0) continue;
      const int next = g + 1 < tiles ? g + 1 : 0;
      const float* keys = static_cast<const float*>(b_.keys) + (c0 + kPanel) * b_.elements;
      const float* values = static_cast<const float*>(b_.values) + (c0 + kPanel) * width_;
      weigh(g, n0, c0, {tile_queries(next), keys + g * kPanel * b_.elements / tiles});
      add_values(g, c0, {tile_sums(next), values + g * kPanel * width_ / tiles});
    }
  }

  struct Ahead {
    const float* tile;   // what the next tile reads first
    const float* panel;  // a share of the next panel
  };

  const float* tile_queries(int g) const {
    return static_cast<const float*>(b_.queries) + static_cast<int64_t>(g) * kRows * b_.elements;
  }
  float* tile_sums(int g) const { return b_.sums + static_cast<int64_t>(g) * kRows * width_; }

  // Are all keys of the panel visible to all rows of the tile?
  bool all_visible(int64_t n0, int64_t c0) const {
    const int64_t farthest = n0 + kRows - 1 - c0;
    return c0 + kPanel - 1 <= n0 && farthest < b_.window && farthest < b_.near;
  }

  // Weights of a tile's rows over a panel, into weights_.
  void weigh(int g, int64_t n0, int64_t c0, Ahead ahead) {
    const float* keys = static_cast<const float*>(b_.keys) + c0 * b_.elements;
    const bool all = all_visible(n0, c0);
    for (int chunk = 0; chunk * kColumns < kPanel; ++chunk) {
      Vec x[kRows][kVectors];
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) x[r][v] = Vec{};
      multiply(tile_queries(g), b_.elements, b_.elements, keys + static_cast<int64_t>(chunk) * kColumns * b_.elements,
               x, ahead);
      const int64_t first_key = c0 + static_cast<int64_t>(chunk) * kColumns;
      if (b_.softcap > 0 || b_.alibi != 0) apply_bias(n0, first_key, x);
      if (!all) hide(n0, first_key, x);
      if (!seen_[g]) first_shifts(g, x);
      if (subtract_shifts(g, x)) raise_shifts(g, chunk, x);
      weights(g, chunk, x);
    }
  }

  // x[r][v] += sum over j < depth of a[r * stride + j] * columns[j].
  static inline __attribute__((always_inline)) void multiply(const float* a, int64_t stride, int64_t depth,
                                                             const float* columns, Vec (&x)[kRows][kVectors],
                                                             Ahead& ahead) {
    int64_t j = 0;
    for (; j + 4 <= depth; j += 4) {
      __builtin_prefetch(ahead.tile, 0, 3);
      __builtin_prefetch(ahead.tile + kLine, 0, 3);
      __builtin_prefetch(ahead.panel, 0, 2);
      ahead.tile += 2 * kLine;
      ahead.panel += kLine;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) multiply_one(a + j + i, stride, columns + (j + i) * kColumns, x);
    }
    for (; j < depth; ++j) multiply_one(a + j, stride, columns + j * kColumns, x);
  }

  static inline __attribute__((always_inline)) void multiply_one(const float* a, int64_t stride, const float* columns,
                                                                 Vec (&x)[kRows][kVectors]) {
    Vec column[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) column[v] = load(columns + v * kLanes);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const float factor = a[r * stride];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) x[r][v] += factor * column[v];
    }
  }

  // Softcap and ALiBi.
  void apply_bias(int64_t n0, int64_t first_key, Vec (&x)[kRows][kVectors]) const {
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) {
        if (b_.softcap > 0) {
          // tanh(y) = 1 - 2 / (2^(2 y log2(e)) + 1); beyond 2^64 it is 1.
          const Vec power = x[r][v] * (2 * 1.44269504f / b_.softcap);
          x[r][v] = b_.softcap * (1.0f - 2.0f / (exp2(power < 64.0f ? power : Vec{} + 64.0f) + 1.0f));
        }
        if (b_.alibi != 0) {
          const Vec lane = __builtin_convertvector(lanes(), Vec);
          x[r][v] += b_.alibi * (lane + static_cast<float>(first_key + v * kLanes - n0 - r));
        }
      }
    }
  }

  // A column's number relative to the tile's first, cut to what the comparisons below can tell apart.
  static int32_t relative(int64_t key, int64_t first_key) {
    const int64_t distance = key - first_key;
    return static_cast<int32_t>(distance < -1 ? -1 : distance > kColumns ? kColumns : distance);
  }

  void hide(int64_t n0, int64_t first_key, Vec (&x)[kRows][kVectors]) const {
    const Int sink_end = Int{} + relative(kAlwaysNear, first_key);
    for (int r = 0; r < kRows; ++r) {
      const int64_t n = n0 + r;
      const Int last = Int{} + relative(n, first_key);
      const Int before_window = Int{} + relative(n - b_.window, first_key);
      const Int before_near = Int{} + relative(n - b_.near, first_key);
      for (int v = 0; v < kVectors; ++v) {
        const Int key = lanes() + v * kLanes;
        const Int seen = (key <= last) & (key > before_window) & ((key > before_near) | (key < sink_end));
        x[r][v] = seen ? x[r][v] : Vec{} + kHidden;
      }
    }
  }

  static Int lanes() {
    Int numbers;
    for (int i = 0; i < kLanes; ++i) numbers[i] = i;
    return numbers;
  }

  static float largest(const Vec (&row)[kVectors]) {
    float top = kHidden;
    for (int v = 0; v < kVectors; ++v)
      for (int i = 0; i < kLanes; ++i) top = row[v][i] > top ? row[v][i] : top;
    return top;
  }

  // Rows that have seen no key yet start at their largest logit, with nothing summed. Once all rows of a tile have, it
  // is seen.
  void first_shifts(int g, const Vec (&x)[kRows][kVectors]) {
    seen_[g] = 1;
    for (int r = 0; r < kRows; ++r) {
      const int row = g * kRows + r;
      if (started_[row]) continue;
      const float top = largest(x[r]);
      started_[row] = top > kHidden;
      if (!started_[row]) {
        seen_[g] = 0;
        continue;
      }
      shift_[row] = top;
      memset(b_.sums + row * width_, 0, sizeof(float) * width_);
      mass_[row] = Vec{};
    }
  }

  // True if a logit passes its row's shift by more than the headroom.
  bool subtract_shifts(int g, Vec (&x)[kRows][kVectors]) const {
    Vec most[kVectors];  // side by side: in one, each comparison would wait for the one before
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) most[v] = Vec{} + kHidden;
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        x[r][v] -= shift_[g * kRows + r];
        most[v] = x[r][v] > most[v] ? x[r][v] : most[v];
      }
    Int passed = Int{};
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) passed |= most[v] > kHeadroom;
    int64_t words[sizeof(passed) / sizeof(int64_t)], any = 0;
    memcpy(words, &passed, sizeof(passed));
    for (const int64_t word : words) any |= word;
    return any != 0;
  }

  // Raises the shifts of rows that need it to the tile's maximum: in x, in the panel's weights so far and in the sums.
  void raise_shifts(int g, int chunk, Vec (&x)[kRows][kVectors]) {
    for (int r = 0; r < kRows; ++r) {
      const int row = g * kRows + r;
      const float top = largest(x[r]);
      if (!(top > kHeadroom)) continue;
      const float factor = exp2f(-top);
      shift_[row] += top;
      for (int v = 0; v < kVectors; ++v) x[r][v] -= top;
      for (int i = 0; i < chunk * kColumns; ++i) weights_[r * kPanel + i] *= factor;
      float* sums = b_.sums + row * width_;
      for (int64_t i = 0; i < width_; ++i) sums[i] *= factor;
      mass_[row] *= factor;
    }
  }

  void weights(int g, int chunk, const Vec (&x)[kRows][kVectors]) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      Vec mass = mass_[g * kRows + r];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const Vec p = exp2(x[r][v]);
        mass += p;
        store(weights_ + r * kPanel + chunk * kColumns + v * kLanes, p);
      }
      mass_[g * kRows + r] = mass;
    }
  }

  void add_values(int g, int64_t c0, Ahead ahead) {
    const float* values = static_cast<const float*>(b_.values) + c0 * width_;
    for (int64_t chunk = 0; chunk < b_.value_chunks; ++chunk) {
      float* sums = tile_sums(g) + chunk * kColumns;
      Vec x[kRows][kVectors];
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) x[r][v] = load(sums + r * width_ + v * kLanes);
      multiply(weights_, kPanel, kPanel, values + chunk * kPanel * kColumns, x, ahead);
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) store(sums + r * width_ + v * kLanes, x[r][v]);
    }
  }

  void finish() const {
    for (int64_t r = 0; r < b_.rows; ++r) {
      double mass = 0;
      for (int i = 0; i < kLanes; ++i) mass += mass_[r][i];
      if (b_.has_sink) mass += ::exp2(static_cast<double>(b_.sink) - shift_[r]);
      const float* sums = b_.sums + r * width_;
      for (int64_t i = 0; i < b_.value_dim; ++i) b_.out[r * b_.out_stride + i] = static_cast<float>(sums[i] / mass);
    }
  }

  static Vec load(const float* from) {
    Vec x;
    memcpy(&x, from, sizeof(x));
    return x;
  }
  static void store(float* to, Vec x) { memcpy(to, &x, sizeof(x)); }

  // 2^x for x < 128: x = n + f with n whole and |f| <= 1/2, a polynomial for 2^f (2e-7 relative), n into the exponent.
  // Never below 2^-126; NaN for NaN.
  static inline __attribute__((always_inline)) Vec exp2(Vec x) {
    const Vec clamped = x < kSmallest ? Vec{} + kSmallest : x;  // keeps NaN
    constexpr float kToWhole = 12582912;  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
    const Vec whole = clamped + kToWhole;
    const Vec f = clamped - (whole - kToWhole);
    Vec p = Vec{} + 1.32647184e-3f;
    p = p * f + 9.67151326e-3f;
    p = p * f + 5.55073377e-2f;
    p = p * f + 2.40222421e-1f;
    p = p * f + 6.93146978e-1f;
    p = p * f + 1.0f;
    Int bits, power;
    memcpy(&bits, &p, sizeof(bits));
    memcpy(&power, &whole, sizeof(power));
    bits += power << 23;
    memcpy(&p, &bits, sizeof(p));
    return p;
  }

  const Block& b_;
  const int64_t width_;
  float shift_[kBlockRows];
  char started_[kBlockRows];  // the row has seen a key
  char seen_[kBlockTiles];    // all rows of the tile have
  Vec mass_[kBlockRows];
  alignas(64) float weights_[kRows * kPanel];
};

}  // namespace flash
}  // namespace longattn
