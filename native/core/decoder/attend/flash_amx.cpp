// The attention kernel in AMX: queries, keys, values and weights rounded to bf16, products by tiles of 16 x 16 sums,
// all sums, logits and exponentials in float32. Compiled with its flags.
//
// Apart from the kernels of attention/, whose logits never leave the registers: these come out of tiles through memory,
// so that a row is looked at on its own, and its shift is settled before its weights are made.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "decoder/attend/flash_block.h"
#include "decoder/bf16/amx_tiles.h"

namespace longattn {
namespace flash {
namespace {

using amx::kSide;
constexpr int kRows = 2 * kSide;  // of queries that are worked on at a time
constexpr int kLanes = 16;
constexpr int kVectors = kPanel / kLanes;
constexpr int kGroups = kBlockRows / kRows;
constexpr float kHidden = -3e38f;  // logit of a masked key; its weight is 2^-126
constexpr float kHeadroom = 20;    // a logit may pass the shift by this
static_assert(kColumns == 2 * kSide && kPairs == kSide && kBlockRows % kRows == 0 && kPanel % kColumns == 0);

#define INLINE inline __attribute__((always_inline))

INLINE __m512 broadcast(float x) {
  return _mm512_set1_ps(x);
}

// 2^x for x < 128, never below 2^-126, NaN for NaN. Relative error 4e-5: a fiftieth of what rounding to bf16 adds.
INLINE __m512 exp2(__m512 x) {
  const __m512 to_whole = broadcast(12582912);  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
  const __m512 clamped = _mm512_max_ps(broadcast(-126), x);  // the second operand is what a NaN leaves
  const __m512 whole = _mm512_add_ps(clamped, to_whole);
  const __m512 f = _mm512_sub_ps(clamped, _mm512_sub_ps(whole, to_whole));
  __m512 p = broadcast(9.67151326e-3f);
  p = _mm512_fmadd_ps(p, f, broadcast(5.55073377e-2f));
  p = _mm512_fmadd_ps(p, f, broadcast(2.40222421e-1f));
  p = _mm512_fmadd_ps(p, f, broadcast(6.93146978e-1f));
  p = _mm512_fmadd_ps(p, f, broadcast(1));
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(whole), 23)));
}

class Attention {
 public:
  static void run(const Block& block) {
    const amx::TileConfig config;
    _tile_loadconfig(&config);
    Attention(block).sweep();
    _tile_release();
  }

 private:
  explicit Attention(const Block& block) : b_(block), width_(block.value_chunks * kColumns) {
    memset(b_.sums, 0, sizeof(float) * kBlockRows * width_);
    memset(mass_, 0, sizeof(mass_));
    memset(shift_, 0, sizeof(shift_));
    memset(started_, 0, sizeof(started_));
  }

  void sweep() {
    const int64_t end = b_.first_row + b_.rows;
    const int64_t reach = b_.window < b_.near ? b_.window : b_.near;
    const int64_t first = b_.first_row - reach + 1;
    int64_t c0 = first > 0 ? first / kPanel * kPanel : 0;
    if (c0 > 0 && b_.near < b_.window) panel(0);
    for (; c0 < end; c0 += kPanel) panel(c0);
    add_values();
    finish();
  }

  // The weights of one group of rows are multiplied with the values only after the next logits: what was just stored
  // would have to reach the first-level cache before it can be loaded as a tile.
  void panel(int64_t c0) {
    for (int g = 0; g < kGroups && g * kRows < b_.rows; ++g) {
      const int64_t n0 = b_.first_row + g * kRows;
      if (n0 + kRows - 1 < c0) continue;
      multiply_keys(g, c0);
      add_values();
      const int64_t farthest = n0 + kRows - 1 - c0;
      const bool all = c0 + kPanel - 1 <= n0 && farthest < b_.window && farthest < b_.near;
      for (int r = 0; r < kRows; ++r) weigh(r, g * kRows + r, n0 + r, c0, all);
      weighed_group_ = g;
      weighed_panel_ = c0;
    }
  }

  void multiply_keys(int g, int64_t c0) {
    const uint32_t* queries = static_cast<const uint32_t*>(b_.queries) + g * kRows * b_.elements;
    const uint32_t* keys = static_cast<const uint32_t*>(b_.keys) + c0 * b_.elements;
    for (int chunk = 0; chunk * kColumns < kPanel; ++chunk) {
      amx::multiply<false>(queries, 4 * b_.elements, 64, b_.elements / kSide, keys + chunk * kColumns * b_.elements,
                           &logits_[0][chunk * kColumns], sizeof(logits_[0]));
    }
  }

  // Of the group that was weighed last, if any.
  void add_values() {
    if (weighed_group_ < 0) return;
    const uint32_t* values = static_cast<const uint32_t*>(b_.values) + weighed_panel_ / 2 * width_;
    for (int64_t chunk = 0; chunk < b_.value_chunks; ++chunk) {
      amx::multiply<true>(weights_, sizeof(weights_[0]), 64, kPanel / 2 / kSide,
                          values + chunk * (kPanel / 2) * kColumns,
                          b_.sums + weighed_group_ * kRows * width_ + chunk * kColumns, width_ * sizeof(float));
    }
  }

  // The weights of query n over a panel: row r of weights_.
  INLINE void weigh(int r, int row, int64_t n, int64_t c0, bool all) {
    __m512 x[kVectors];
    for (int v = 0; v < kVectors; ++v) x[v] = _mm512_load_ps(&logits_[r][v * kLanes]);
    if (b_.softcap > 0 || b_.alibi != 0) apply_bias(n, c0, x);
    if (!all) hide(n, c0, x);
    if (!started_[row]) start(row, x);
    const __m512 shift = broadcast(shift_[row]);
    __m512 most = broadcast(kHidden);
    for (int v = 0; v < kVectors; ++v) {
      x[v] = _mm512_sub_ps(x[v], shift);
      most = _mm512_max_ps(x[v], most);  // passes a NaN by
    }
    if (_mm512_cmp_ps_mask(most, broadcast(kHeadroom), _CMP_GT_OQ) != 0) raise(row, x);
    __m512 mass = _mm512_load_ps(mass_[row]);
    for (int v = 0; v < kVectors; ++v) {
      x[v] = exp2(x[v]);
      mass = _mm512_add_ps(mass, x[v]);
    }
    _mm512_store_ps(mass_[row], mass);
    for (int v = 0; v < kVectors; v += 2) {
      _mm512_store_si512(&weights_[r][v * kLanes / 2], reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(x[v + 1], x[v])));
    }
  }

  // Softcap, by tanh(y) = 1 - 2 / (2^(2 y log2(e)) + 1), and ALiBi.
  void apply_bias(int64_t n, int64_t c0, __m512 (&x)[kVectors]) const {
    const __m512 one = broadcast(1), two = broadcast(2);
    for (int v = 0; v < kVectors; ++v) {
      if (b_.softcap > 0) {
        const __m512 power = _mm512_mul_ps(x[v], broadcast(2 * 1.44269504f / b_.softcap));
        const __m512 grown = _mm512_add_ps(exp2(_mm512_min_ps(broadcast(64), power)), one);  // beyond 2^64 tanh is 1
        x[v] = _mm512_mul_ps(broadcast(b_.softcap), _mm512_sub_ps(one, _mm512_div_ps(two, grown)));
      }
      if (b_.alibi != 0) {
        const __m512 distance =
            _mm512_add_ps(_mm512_cvtepi32_ps(lanes()), broadcast(static_cast<float>(c0 + v * kLanes - n)));
        x[v] = _mm512_fmadd_ps(broadcast(b_.alibi), distance, x[v]);
      }
    }
  }

  static __m512i lanes() { return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0); }

  // A key's number relative to the panel's first, cut to what the comparisons below can tell apart.
  static __m512i relative(int64_t key, int64_t c0) {
    const int64_t distance = key - c0;
    return _mm512_set1_epi32(static_cast<int>(distance < -1 ? -1 : distance > kPanel ? kPanel : distance));
  }

  void hide(int64_t n, int64_t c0, __m512 (&x)[kVectors]) const {
    const __m512i sink_end = relative(kAlwaysNear, c0), last = relative(n, c0);
    const __m512i before_window = relative(n - b_.window, c0), before_near = relative(n - b_.near, c0);
    for (int v = 0; v < kVectors; ++v) {
      const __m512i key = _mm512_add_epi32(lanes(), _mm512_set1_epi32(v * kLanes));
      const __mmask16 seen = _mm512_cmple_epi32_mask(key, last) & _mm512_cmpgt_epi32_mask(key, before_window) &
                             (_mm512_cmpgt_epi32_mask(key, before_near) | _mm512_cmplt_epi32_mask(key, sink_end));
      x[v] = _mm512_mask_mov_ps(broadcast(kHidden), seen, x[v]);
    }
  }

  static float largest(const __m512 (&x)[kVectors]) {
    __m512 top = broadcast(kHidden);
    for (int v = 0; v < kVectors; ++v) top = _mm512_max_ps(x[v], top);
    return _mm512_reduce_max_ps(top);
  }

  // A row that has seen no key yet starts at its largest logit, with nothing summed.
  void start(int row, const __m512 (&x)[kVectors]) {
    const float top = largest(x);
    if (!(top > kHidden)) return;
    started_[row] = 1;
    shift_[row] = top;
    memset(b_.sums + row * width_, 0, sizeof(float) * width_);
    memset(mass_[row], 0, sizeof(mass_[row]));
  }

  // Raises the shift to the largest logit: in x and in the sums.
  void raise(int row, __m512 (&x)[kVectors]) {
    const float top = largest(x), factor = exp2f(-top);
    shift_[row] += top;
    for (int v = 0; v < kVectors; ++v) x[v] = _mm512_sub_ps(x[v], broadcast(top));
    float* sums = b_.sums + row * width_;
    for (int64_t i = 0; i < width_; ++i) sums[i] *= factor;
    for (int i = 0; i < kLanes; ++i) mass_[row][i] *= factor;
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

  const Block& b_;
  const int64_t width_;
  float shift_[kBlockRows];
  char started_[kBlockRows];  // the row has seen a key
  int weighed_group_ = -1;    // whose weights, over the panel of which first key, weights_ are
  int64_t weighed_panel_ = 0;
  alignas(64) float mass_[kBlockRows][kLanes];
  alignas(64) float logits_[kRows][kPanel];
  alignas(64) uint32_t weights_[kRows][kPanel / 2];  // pairs of neighbouring keys
};

}  // namespace

void run_tiles(const Block& block) {
  Attention::run(block);
}

}  // namespace flash
}  // namespace longattn
