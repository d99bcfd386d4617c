// The part of a tile that softmax V takes: its weights in the first-level cache, their products with the values, and
// the rows' normalisers. One text for rows whose statistics are wanted too and for those without, so that a layer's
// output has the same bits whether it is scored or not.
#pragma once

#include "attention/tile_kernel.h"

namespace longattn {
namespace attention {

template <class V>
class ValueTile : protected TileKernel<V> {
  using Tile = TileKernel<V>;
  using Tile::kLine;

 protected:
  using Tile::kRows, Tile::kVectors, Tile::kLanes, Tile::kColumns;
  using typename Tile::Ahead;
  using typename Tile::Vec;
  static_assert(kLanes <= kMassFloats);

  ValueTile(const BlockInput& block, const Values* values)
      : Tile(block), v_(values), width_(values != nullptr ? values->chunks * kColumns : 0) {}

  void clear_values(int64_t begin, int64_t end) {
    for (int64_t i = begin * width_; i < end * width_; i += kLanes) V::store(v_->sums + i, V::zero());
    for (int64_t r = begin; r < end; ++r) V::store(mass(r), V::zero());
  }

  // Weights of row r of group g over a panel; 0 where a key is hidden.
  LONGATTN_INLINE void keep_weights(int64_t g, int r, const Vec (&p)[kVectors]) {
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) V::store(weights_[r] + v * kLanes, p[v]);
    float* sum = mass(g * kRows + r);
    V::store(sum, V::add(V::load(sum), Tile::total(p)));
  }

  // What the products of queries and keys bring, then what those of weights and values do.
  Ahead ahead_of_keys(int64_t g, int64_t c0) const {
    return {Tile::query(next(g)), Tile::panel(c0 + kColumns) + g * kColumns * Tile::in_.dim / Tile::groups_};
  }
  Ahead ahead_of_values(int64_t g, int64_t c0) const {
    return {sums(next(g)), values(c0 + kColumns) + g * kColumns * width_ / Tile::groups_};
  }

  // The tile's weights times the values of its keys, into the sums of its rows.
  void add_values(int64_t g, int64_t c0) {
    Ahead ahead = ahead_of_values(g, c0);
    for (int64_t chunk = 0; chunk < v_->chunks; ++chunk) {
      float* sum = sums(g) + chunk * kColumns;
      Vec acc[kRows][kVectors];
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) acc[r][v] =
          V::load(sum + r * width_ + v * kLanes);
      Tile::multiply(weights_[0], kColumns, values(c0) + chunk * kColumns * kColumns, kColumns, acc, ahead);
      LONGATTN_UNROLL for (int r = 0; r < kRows; ++r) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v)
          V::store(sum + r * width_ + v * kLanes, acc[r][v]);
    }
  }

  // Of a row group whose sums are relative to 2^shifts[r]. False, with nothing written, if a row's weights have grown
  // beyond what its sums hold well: it wants its exact maximum as its shift. Not asked of a shift that is one.
  bool finish_values(int64_t g, const float (&shifts)[kRows], bool exact) const {
    float inverse[kRows];
    for (int r = 0; r < kRows && g * kRows + r < Tile::in_.rows; ++r) {
      const float keys = V::sum(V::load(mass(g * kRows + r)));
      if (!exact && !(keys < kMostMass)) return false;
      const double sink = v_->has_sink ? __builtin_exp2(v_->sink - shifts[r]) : 0;
      inverse[r] = static_cast<float>(1 / (keys + sink));
    }
    for (int r = 0; r < kRows && g * kRows + r < Tile::in_.rows; ++r) {
      const float* sum = sums(g) + r * width_;
      float* out = v_->out + (g * kRows + r) * v_->out_stride;
      for (int64_t i = 0; i < v_->dim; ++i) out[i] = sum[i] * inverse[r];
    }
    return true;
  }

 private:
  static constexpr float kMostMass = 1.8446744e19f;  // 2^64

  int64_t next(int64_t g) const { return g + 1 < Tile::groups_ ? g + 1 : 0; }
  float* mass(int64_t r) const { return v_->masses + r * kMassFloats; }
  float* sums(int64_t g) const { return v_->sums + g * kRows * width_; }
  const float* values(int64_t c0) const { return v_->panels + c0 * width_; }

  const Values* v_;
  const int64_t width_;
  alignas(64) float weights_[kRows][kColumns];
};

}  // namespace attention
}  // namespace longattn
