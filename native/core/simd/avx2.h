// Vectors of AVX2 + FMA. Include only from files with AVX2 flags; inline.h says what that asks of them.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "simd/inline.h"

namespace longattn {
namespace simd {
namespace {

struct Avx2 {
  using Vec = __m256;
  using Mask = __m256;
  using Factor = __m256;
  static constexpr int kLanes = 8;

  static LONGATTN_INLINE Vec zero() { return _mm256_setzero_ps(); }
  static LONGATTN_INLINE Vec set1(float x) { return _mm256_set1_ps(x); }
  static LONGATTN_INLINE Vec iota() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
  static LONGATTN_INLINE Vec load(const float* from) { return _mm256_load_ps(from); }
  static LONGATTN_INLINE void store(float* to, Vec x) { _mm256_store_ps(to, x); }
  static LONGATTN_INLINE Vec load_unaligned(const float* from) { return _mm256_loadu_ps(from); }
  static LONGATTN_INLINE void store_unaligned(float* to, Vec x) { _mm256_storeu_ps(to, x); }
  static LONGATTN_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
  static LONGATTN_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
  static LONGATTN_INLINE Vec div(Vec a, Vec b) { return _mm256_div_ps(a, b); }
  static LONGATTN_INLINE Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  static LONGATTN_INLINE Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
  static LONGATTN_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }

  static LONGATTN_INLINE Factor load_factor(const float* from) { return _mm256_load_ps(from); }
  static LONGATTN_INLINE Factor broadcast_factor(const float* from) { return _mm256_broadcast_ss(from); }
  static LONGATTN_INLINE Vec multiply_add(Factor a, Factor b, Vec c) { return _mm256_fmadd_ps(a, b, c); }

  static LONGATTN_INLINE float sum(Vec x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static LONGATTN_INLINE float maximum(Vec x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }

  static LONGATTN_INLINE Vec add_where(Mask m, Vec a, Vec b) { return add(a, _mm256_and_ps(m, b)); }
  static LONGATTN_INLINE Vec fma_where(Mask m, Vec a, Vec b, Vec c) { return fma(_mm256_and_ps(m, a), b, c); }
  static LONGATTN_INLINE Vec keep_where(Mask m, Vec x) { return _mm256_and_ps(m, x); }
  static LONGATTN_INLINE Mask negate(Mask m) { return _mm256_xor_ps(m, _mm256_castsi256_ps(_mm256_set1_epi32(-1))); }

  // Columns below `count` of a tile, a mask a vector.
  template <int kVectors>
  static LONGATTN_INLINE void below(int64_t count, Mask (&masks)[kVectors]) {
    const Vec limit = set1(static_cast<float>(count));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) masks[v] =
        _mm256_cmp_ps(add(iota(), set1(static_cast<float>(v * kLanes))), limit, _CMP_LT_OQ);
  }

  // Lanes begin <= i < end of x, 0 elsewhere.
  static LONGATTN_INLINE Vec keep(Vec x, int begin, int end) {
    const Vec from = _mm256_cmp_ps(iota(), set1(static_cast<float>(begin)), _CMP_GE_OQ);
    const Vec to = _mm256_cmp_ps(iota(), set1(static_cast<float>(end)), _CMP_LT_OQ);
    return _mm256_and_ps(x, _mm256_and_ps(from, to));
  }

  // p = 2^x: floor, the polynomial on [0, 1) (7e-8 relative), and the exponent by integer addition. x is held to where
  // that addition is right: 0 below -127, Inf at 128, so that an overflow is seen. A NaN stays one: of its two
  // operands such an instruction gives the second.
  template <int kVectors>
  static LONGATTN_INLINE void exp2(const Vec (&x)[kVectors], Vec (&p)[kVectors]) {
    Vec f[kVectors];
    __m256i exponent[kVectors];
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Vec held = min(set1(128.0f), max(set1(-127.0f), x[v])), whole = _mm256_floor_ps(held);
      f[v] = _mm256_sub_ps(held, whole);
      exponent[v] = _mm256_slli_epi32(_mm256_cvtps_epi32(whole), 23);
    }
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(set1(0.00187757667f), f[v], set1(0.00898934009f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.0558263181f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.240153617f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(0.693153073f));
    // Rounded down to 0.99999994 at f = 0, the constant would borrow from the exponent: 1 is as near.
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(p[v], f[v], set1(1.0f));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] =
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p[v]), exponent[v]));
  }
};

}  // namespace
}  // namespace simd
}  // namespace longattn
