// What one thread keeps of one row while tiles of logits go by, and how four threads' parts become one.
//
// A row of a tile lies in four threads, and each keeps its own shift: nothing crosses between threads until a distance
// segment is closed, which happens once in hundreds of keys. No product with V follows, so a rising shift costs a few
// multiplications of sums and no rescaling of an output.
//
// Base 2 throughout: x = q.k * scale * log2(e), p = 2^(x - shift).
#pragma once

#include "device/fused/host_device.h"

namespace longattn {
namespace device {

constexpr float kNothing = -1e30f;  // a shift or a peak before any key was seen; -inf would make NaN of differences
constexpr float kHidden = -2e30f;   // x of a key that a mask hides: no shift comes down to it, so its weight is 0
constexpr int kSinkColumns = 4;     // the contract's kSinkKeys

// Sums over some keys of a row, relative to 2^shift. Four floats: one 16-byte access.
struct alignas(16) SegmentSum {
  float shift, mass, squares, unused;
};

LONGATTN_HD SegmentSum merge(const SegmentSum& a, const SegmentSum& b) {
  const float shift = fmaxf(a.shift, b.shift), fa = power2(a.shift - shift), fb = power2(b.shift - shift);
  return {shift, a.mass * fa + b.mass * fb, a.squares * fa * fa + b.squares * fb * fb, 0.0f};
}

// Over all keys of a row. `weighted` is the sum of p * (x - shift), `peak` the largest x among far keys past the sink.
struct alignas(16) RowSum {
  float shift, total, weighted, peak;
};

LONGATTN_HD RowSum merge(const RowSum& a, const RowSum& b) {
  const float shift = fmaxf(a.shift, b.shift), da = a.shift - shift, db = b.shift - shift;
  const float fa = power2(da), fb = power2(db);
  return {shift, a.total * fa + b.total * fb, fa * (a.weighted + da * a.total) + fb * (b.weighted + db * b.total),
          fmaxf(a.peak, b.peak)};
}

// Where a thread's numbers of a tile lie: column tile t holds the keys first_key + 8 t and first_key + 8 t + 1.
struct LaneTile {
  int row;        // n
  int first_key;  // of this thread: tile's first key + 2 * (lane % 4)
  float scale;    // > 0, with log2(e) in it; 1 where the numbers are logits already
};

class RowLane {
 public:
  // A tile of one segment with nothing hidden, no sink: the path that nearly all keys of a long window take.
  // acc[t][2 * half + e] are the products of key first_key + 8 t + e.
  template <int kTiles>
  LONGATTN_HD void whole(const float (&acc)[kTiles][4], int half, float scale, bool far) {
    float top = fmaxf(acc[0][2 * half], acc[0][2 * half + 1]);
    LONGATTN_DEVICE_UNROLL
    for (int t = 1; t < kTiles; ++t) top = fmaxf(top, fmaxf(acc[t][2 * half], acc[t][2 * half + 1]));
    top *= scale;
    if (far) peak_ = fmaxf(peak_, top);
    raise(top);
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        const float x = fmaf(acc[t][2 * half + e], scale, -shift_), p = power2(x);
        mass_ += p;
        squares_ = fmaf(p, p, squares_);
        weighted_ = fmaf(p, x, weighted_);
      }
    }
  }

  // As whole(), but with keys of the open segment (distance >= edge) and of the one after it, both far or both not:
  // one tile in eight of a window of 32,768 tokens.
  template <int kTiles>
  LONGATTN_HD void one_edge(const float (&acc)[kTiles][4], int half, const LaneTile& tile, int edge, bool far) {
    float top = fmaxf(acc[0][2 * half], acc[0][2 * half + 1]);
    LONGATTN_DEVICE_UNROLL
    for (int t = 1; t < kTiles; ++t) top = fmaxf(top, fmaxf(acc[t][2 * half], acc[t][2 * half + 1]));
    top *= tile.scale;
    if (far) peak_ = fmaxf(peak_, top);
    raise(top);
    const int last_open = tile.row - edge - tile.first_key;
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        const float x = fmaf(acc[t][2 * half + e], tile.scale, -shift_), p = power2(x);
        weighted_ = fmaf(p, x, weighted_);
        if (8 * t + e <= last_open) {
          mass_ += p;
          squares_ = fmaf(p, p, squares_);
        } else {
          next_mass_ += p;
          next_squares_ = fmaf(p, p, next_squares_);
        }
      }
    }
  }

  // A tile with keys of the open segment (distance >= edge) and of the one after it, perhaps the row's end (keys past
  // the row are hidden) or the sink, whose x go to sink[0..3] (null elsewhere).
  template <int kTiles>
  LONGATTN_HD void boundary(const float (&acc)[kTiles][4], int half, const LaneTile& tile, int edge, bool open_far,
                            bool next_far, float* sink) {
    raise(top_of(acc, half, tile, edge, open_far, next_far, sink != nullptr));
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        const int key = tile.first_key + 8 * t + e;
        const float p = weigh(acc[t][2 * half + e], key, t, tile, sink);
        const float open = tile.row - key >= edge ? p : 0.0f, next = p - open;  // exact: one of them is p, the other 0
        mass_ += open;
        squares_ = fmaf(open, open, squares_);
        next_mass_ += next;
        next_squares_ = fmaf(next, next, next_squares_);
      }
    }
  }

  // A tile of three segments or more, all of them closed before: acc becomes p (0 for hidden keys and the sink), for
  // part(). Keys at distance >= k are far.
  template <int kTiles>
  LONGATTN_HD void many(float (&acc)[kTiles][4], int half, const LaneTile& tile, int k, float* sink) {
    raise(top_of(acc, half, tile, k, true, false, sink != nullptr));
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        float& p = acc[t][2 * half + e];
        p = weigh(p, tile.first_key + 8 * t + e, t, tile, sink);
        flushed_ += p;
      }
    }
  }

  // Sums of those weights with low <= distance < high.
  template <int kTiles>
  LONGATTN_HD SegmentSum part(const float (&acc)[kTiles][4], int half, const LaneTile& tile, int low, int high) const {
    SegmentSum sum = {shift_, 0.0f, 0.0f, 0.0f};
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        const int distance = tile.row - (tile.first_key + 8 * t + e);
        const float p = distance >= low && distance < high ? acc[t][2 * half + e] : 0.0f;
        sum.mass += p;
        sum.squares = fmaf(p, p, sum.squares);
      }
    }
    return sum;
  }

  // Ends the open segment: returns its sums, and the one after it is open.
  LONGATTN_HD SegmentSum close() {
    const SegmentSum sum = {shift_, mass_, squares_, 0.0f};
    flushed_ += mass_;
    mass_ = next_mass_;
    squares_ = next_squares_;
    next_mass_ = next_squares_ = 0.0f;
    return sum;
  }

  // After all segments were closed.
  LONGATTN_HD RowSum end() const { return {shift_, flushed_, weighted_, peak_}; }

 private:
  template <int kTiles>
  LONGATTN_HD float top_of(const float (&acc)[kTiles][4], int half, const LaneTile& tile, int edge, bool open_far,
                           bool next_far, bool has_sink) {
    float top = kNothing;
    LONGATTN_DEVICE_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      LONGATTN_DEVICE_UNROLL
      for (int e = 0; e < 2; ++e) {
        const int key = tile.first_key + 8 * t + e;
        const float x = key <= tile.row ? acc[t][2 * half + e] * tile.scale : kNothing;
        const bool far = tile.row - key >= edge ? open_far : next_far;
        if (far && !(t == 0 && has_sink && key < kSinkColumns)) peak_ = fmaxf(peak_, x);
        top = fmaxf(top, x);
      }
    }
    return top;
  }

  // p of one key, 0 for a hidden one; the sink's goes into the sums over all keys and is returned as 0. The sink is in
  // column tile 0, which spares all others the question.
  LONGATTN_HD float weigh(float product, int key, int t, const LaneTile& tile, float* sink) {
    const bool visible = key <= tile.row;
    const float x = fmaf(product, tile.scale, -shift_), p = visible ? power2(x) : 0.0f;
    weighted_ += visible ? p * x : 0.0f;
    if (t > 0 || sink == nullptr || key >= kSinkColumns) return p;
    sink[key] = visible ? product * tile.scale : kHidden;
    flushed_ += p;
    return 0.0f;
  }

  LONGATTN_HD void raise(float top) {
    if (!(top > shift_)) return;
    const float change = shift_ - top, factor = power2(change);
    weighted_ = factor * (weighted_ + change * (flushed_ + mass_ + next_mass_));
    flushed_ *= factor;
    mass_ *= factor;
    squares_ *= factor * factor;
    next_mass_ *= factor;
    next_squares_ *= factor * factor;
    shift_ = top;
  }

  float shift_ = kNothing, flushed_ = 0, weighted_ = 0, peak_ = kNothing;
  float mass_ = 0, squares_ = 0;            // of the open segment
  float next_mass_ = 0, next_squares_ = 0;  // of the one after it
};

}  // namespace device
}  // namespace longattn
