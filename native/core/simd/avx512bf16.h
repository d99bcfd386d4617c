// Vectors of AVX-512 whose products have bf16 factors: two of them and a float32 sum a lane and instruction. Include
// only from files with AVX-512-BF16 flags.
#pragma once

#include "simd/avx512.h"

namespace longattn {
namespace simd {
namespace {

// A packed factor is a pair of neighbours, moved about as a float and never computed with as one.
struct Avx512Bf16 : Avx512 {
  using Factor = __m512bh;
  static LONGATTN_INLINE Factor load_factor(const float* from) {
    return reinterpret_cast<__m512bh>(_mm512_load_si512(from));
  }
  static LONGATTN_INLINE Factor broadcast_factor(const float* from) {
    return reinterpret_cast<__m512bh>(_mm512_set1_ps(*from));
  }
  static LONGATTN_INLINE Vec multiply_add(Factor a, Factor b, Vec c) { return _mm512_dpbf16_ps(c, a, b); }
};

}  // namespace
}  // namespace simd
}  // namespace longattn
