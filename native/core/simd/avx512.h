// Vectors of AVX-512. Include only from files with AVX-512 flags.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "simd/inline.h"

namespace longattn {
namespace simd {
namespace {

#define LONGATTN_16(x) {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}
// 2^f on [0, 1), degree 5, 7e-8 relative; highest power first.
alignas(64) const
    float kExp2[6][16] = {LONGATTN_16(0.00187757667f), LONGATTN_16(0.00898934009f), LONGATTN_16(0.0558263181f),
                          LONGATTN_16(0.240153617f),   LONGATTN_16(0.693153073f),   LONGATTN_16(0.999999925f)};
#undef LONGATTN_16

struct Avx512 {
  using Vec = __m512;
  using Mask = __mmask16;
  using Factor = __m512;
  static constexpr int kLanes = 16;

  static LONGATTN_INLINE Vec zero() { return _mm512_setzero_ps(); }
  static LONGATTN_INLINE Vec set1(float x) { return _mm512_set1_ps(x); }
  static LONGATTN_INLINE Vec iota() { return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
  static LONGATTN_INLINE Vec load(const float* from) { return _mm512_load_ps(from); }
  static LONGATTN_INLINE void store(float* to, Vec x) { _mm512_store_ps(to, x); }
  static LONGATTN_INLINE Vec load_unaligned(const float* from) { return _mm512_loadu_ps(from); }
  static LONGATTN_INLINE void store_unaligned(float* to, Vec x) { _mm512_storeu_ps(to, x); }
  static LONGATTN_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static LONGATTN_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
  static LONGATTN_INLINE Vec div(Vec a, Vec b) { return _mm512_div_ps(a, b); }
  static LONGATTN_INLINE Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  static LONGATTN_INLINE Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static LONGATTN_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

  static LONGATTN_INLINE Factor load_factor(const float* from) { return _mm512_load_ps(from); }
  static LONGATTN_INLINE Factor broadcast_factor(const float* from) { return _mm512_set1_ps(*from); }
  static LONGATTN_INLINE Vec multiply_add(Factor a, Factor b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

  static LONGATTN_INLINE float sum(Vec x) { return _mm512_reduce_add_ps(x); }
  static LONGATTN_INLINE float maximum(Vec x) { return _mm512_reduce_max_ps(x); }

  static LONGATTN_INLINE Vec add_where(Mask m, Vec a, Vec b) { return _mm512_mask_add_ps(a, m, a, b); }
  static LONGATTN_INLINE Vec fma_where(Mask m, Vec a, Vec b, Vec c) { return _mm512_mask3_fmadd_ps(a, b, c, m); }
  static LONGATTN_INLINE Vec keep_where(Mask m, Vec x) { return _mm512_maskz_mov_ps(m, x); }
  static LONGATTN_INLINE Mask negate(Mask m) { return static_cast<Mask>(~m); }

  // Columns below `count` of a tile, a mask a vector.
  template <int kVectors>
  static LONGATTN_INLINE void below(int64_t count, Mask (&masks)[kVectors]) {
    static_assert(kVectors <= 4, "more columns than a word has bits");
    const uint64_t bits = count <= 0 ? 0 : count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) masks[v] = static_cast<Mask>(bits >> (16 * v));
  }

  // Lanes begin <= i < end of x, 0 elsewhere.
  static LONGATTN_INLINE Vec keep(Vec x, int begin, int end) {
    const unsigned from = begin > 0 ? ~0u << begin : ~0u, to = end < kLanes ? (1u << end) - 1 : ~0u;
    return _mm512_maskz_mov_ps(static_cast<Mask>(from & to), x);
  }

  // p = 2^x: x - floor(x) by vreduce, the polynomial, and scalef, which floors x by itself. All vectors take a step
  // together, and the coefficients are read from memory: the scheduler needs the independent chains, the tile needs the
  // registers.
  template <int kVectors>
  static LONGATTN_INLINE void exp2(const Vec (&x)[kVectors], Vec (&p)[kVectors]) {
    const float* c = kExp2[0];
    asm("" : "+r"(c));  // keeps the compiler from seeing constants, which it would put into registers
    Vec f[kVectors];
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) f[v] = _mm512_reduce_ps(x[v], 1);
    const Vec highest = load(c);
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = fma(highest, f[v], load(c + 16));
    LONGATTN_UNROLL for (int i = 2; i < 6; ++i) LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] =
        fma(p[v], f[v], load(c + 16 * i));
    LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) p[v] = _mm512_scalef_ps(p[v], x[v]);
  }
};

}  // namespace
}  // namespace simd
}  // namespace longattn
