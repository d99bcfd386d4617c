// Vectors of NEON, which every ARM64 processor has.
//
// A vector here is two registers, so that lanes, tiles and the order of every sum are those of avx2.h: the same bits on
// both processors.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "simd/inline.h"

namespace longattn {
namespace simd {
namespace {

struct Neon {
  struct Vec {
    float32x4_t low, high;
  };
  struct Mask {
    uint32x4_t low, high;
  };
  using Factor = Vec;
  static constexpr int kLanes = 8;

  static LONGATTN_INLINE Vec zero() { return set1(0); }
  static LONGATTN_INLINE Vec set1(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static LONGATTN_INLINE Vec iota() { return {float32x4_t{0, 1, 2, 3}, float32x4_t{4, 5, 6, 7}}; }
  static LONGATTN_INLINE Vec load(const float* from) { return {vld1q_f32(from), vld1q_f32(from + 4)}; }
  static LONGATTN_INLINE void store(float* to, Vec x) {
    vst1q_f32(to, x.low);
    vst1q_f32(to + 4, x.high);
  }
  static LONGATTN_INLINE Vec load_unaligned(const float* from) { return load(from); }
  static LONGATTN_INLINE void store_unaligned(float* to, Vec x) { store(to, x); }
  static LONGATTN_INLINE Vec add(Vec a, Vec b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
  static LONGATTN_INLINE Vec mul(Vec a, Vec b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
  static LONGATTN_INLINE Vec div(Vec a, Vec b) { return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)}; }
  static LONGATTN_INLINE Vec max(Vec a, Vec b) { return {vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)}; }
  static LONGATTN_INLINE Vec min(Vec a, Vec b) { return {vminq_f32(a.low, b.low), vminq_f32(a.high, b.high)}; }
  static LONGATTN_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
  }

  static LONGATTN_INLINE Factor load_factor(const float* from) { return load(from); }
  static LONGATTN_INLINE Factor broadcast_factor(const float* from) {
    const float32x4_t x = vld1q_dup_f32(from);
    return {x, x};
  }
  static LONGATTN_INLINE Vec multiply_add(Factor a, Factor b, Vec c) { return fma(a, b, c); }

  // In the order of avx2.h: halves, then pairs two apart.
  static LONGATTN_INLINE float sum(Vec x) {
    const float32x4_t s = vaddq_f32(x.low, x.high);
    return vpadds_f32(vadd_f32(vget_low_f32(s), vget_high_f32(s)));
  }
  static LONGATTN_INLINE float maximum(Vec x) { return vmaxvq_f32(vmaxq_f32(x.low, x.high)); }

  static LONGATTN_INLINE Vec add_where(Mask m, Vec a, Vec b) { return add(a, keep_where(m, b)); }
  static LONGATTN_INLINE Vec fma_where(Mask m, Vec a, Vec b, Vec c) { return fma(keep_where(m, a), b, c); }
  static LONGATTN_INLINE Vec keep_where(Mask m, Vec x) { return {masked(m.low, x.low), masked(m.high, x.high)}; }
  static LONGATTN_INLINE Mask negate(Mask m) { return {vmvnq_u32(m.low), vmvnq_u32(m.high)}; }

  // Columns below `count` of a tile, a mask a vector.
  template <int kVectors>
  static LONGATTN_INLINE void below(int64_t count, Mask (&masks)[kVectors]) {
    const Vec limit = set1(static_cast<float>(count));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Vec columns = add(iota(), set1(static_cast<float>(v * kLanes)));
      masks[v] = {vcltq_f32(columns.low, limit.low), vcltq_f32(columns.high, limit.high)};
    }
  }

  // Lanes begin <= i < end of x, 0 elsewhere.
  static LONGATTN_INLINE Vec keep(Vec x, int begin, int end) {
    const Vec lanes = iota();
    const float32x4_t from = vdupq_n_f32(static_cast<float>(begin)), to = vdupq_n_f32(static_cast<float>(end));
    return keep_where({vandq_u32(vcgeq_f32(lanes.low, from), vcltq_f32(lanes.low, to)),
                       vandq_u32(vcgeq_f32(lanes.high, from), vcltq_f32(lanes.high, to))},
                      x);
  }

  // p = 2^x by the operations of avx2.h. A NaN stays one, and is seen in the sums.
  template <int kVectors>
  static LONGATTN_INLINE void exp2(const Vec (&x)[kVectors], Vec (&p)[kVectors]) {
    Vec f[kVectors];
    int32x4_t exponent[kVectors][2];
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Vec held = min(max(x[v], set1(-127.0f)), set1(128.0f));
      const Vec whole = {vrndmq_f32(held.low), vrndmq_f32(held.high)};
      f[v] = {vsubq_f32(held.low, whole.low), vsubq_f32(held.high, whole.high)};
      exponent[v][0] = vshlq_n_s32(vcvtq_s32_f32(whole.low), 23);
      exponent[v][1] = vshlq_n_s32(vcvtq_s32_f32(whole.high), 23);
    }
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(set1(0.00187757667f), f[v], set1(0.00898934009f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.0558263181f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.240153617f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.693153073f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(1.0f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v)
        p[v] = {scaled(p[v].low, exponent[v][0]), scaled(p[v].high, exponent[v][1])};
  }

 private:
  static LONGATTN_INLINE float32x4_t masked(uint32x4_t m, float32x4_t x) {
    return vreinterpretq_f32_u32(vandq_u32(m, vreinterpretq_u32_f32(x)));
  }
  static LONGATTN_INLINE float32x4_t scaled(float32x4_t p, int32x4_t exponent) {
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), exponent));
  }
};

}  // namespace
}  // namespace simd
}  // namespace longattn
