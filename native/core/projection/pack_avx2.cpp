// AVX2, and for AVX-512 too: a transposition is bound by memory, not by its width. fp16 is widened without F16C, which
// no flag of ours asks for.
#include <immintrin.h>

#include "projection/pack.h"
#include "projection/tile.h"

namespace longattn::projection {
namespace {

struct Float {
  using Type = float;
  static __m256 load(const float* from) { return _mm256_loadu_ps(from); }
};

__m256i load_16(const uint16_t* from) {
  return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

struct Bf16 {
  using Type = uint16_t;
  static __m256 load(const uint16_t* from) { return _mm256_castsi256_ps(_mm256_slli_epi32(load_16(from), 16)); }
};

struct F16 {
  using Type = uint16_t;
  // The exponent's bias grows by 112, and again where all its bits are set (Inf, NaN). What has no exponent is so many
  // times 2^-24.
  static __m256 load(const uint16_t* from) {
    const __m256i bits = load_16(from), magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fff));
    const __m256i bias = _mm256_set1_epi32(112 << 23);
    const __m256i not_finite = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7bff));
    const __m256i normal =
        _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(magnitude, 13), bias), _mm256_and_si256(not_finite, bias));
    const __m256 subnormal = _mm256_mul_ps(_mm256_cvtepi32_ps(magnitude), _mm256_set1_ps(0x1p-24f));
    const __m256 is_normal = _mm256_castsi256_ps(_mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x3ff)));
    const __m256i sign = _mm256_slli_epi32(_mm256_xor_si256(bits, magnitude), 16);
    return _mm256_or_ps(_mm256_blendv_ps(subnormal, _mm256_castsi256_ps(normal), is_normal), _mm256_castsi256_ps(sign));
  }
};

// to[i][0..8) = from[0..8)[i] for 8 values of i; rows from `count` on are zeros.
template <typename Row>
void transpose_8x8(const typename Row::Type* from, int64_t stride, int64_t count, float* to) {
  __m256 a[8], b[8];
  for (int i = 0; i < 8; ++i) a[i] = i < count ? Row::load(from + i * stride) : _mm256_setzero_ps();
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
    a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
  }
  for (int i = 0; i < 4; ++i) {
    _mm256_store_ps(to + i * kPanel, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_store_ps(to + (i + 4) * kPanel, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

// The last inputs, fewer than 8.
template <typename Row>
void pack_last(const typename Row::Type* rows, int64_t stride, int64_t count, int64_t inputs, float* panel) {
  for (int64_t r = 0; r < kPanel; ++r) {
    typename Row::Type values[8] = {};
    alignas(32) float wide[8];
    for (int64_t i = 0; r < count && i < inputs; ++i) values[i] = rows[r * stride + i];
    _mm256_store_ps(wide, Row::load(values));
    for (int64_t i = 0; i < inputs; ++i) panel[i * kPanel + r] = wide[i];
  }
}

template <typename Row>
void pack(const void* weights, int64_t stride, int64_t count, int64_t inputs, float* panel) {
  const auto* rows = static_cast<const typename Row::Type*>(weights);
  const int64_t whole = inputs / 8 * 8;
  for (int64_t r = 0; r < kPanel; r += 8) {
    for (int64_t i = 0; i < whole; i += 8) {
      const typename Row::Type* from = rows + r * stride + i;
      float* to = panel + i * kPanel + r;
      if (r + 8 <= count) {
        transpose_8x8<Row>(from, stride, 8, to);
      } else {
        transpose_8x8<Row>(from, stride, count - r, to);
      }
    }
  }
  if (whole < inputs) pack_last<Row>(rows + whole, stride, count, inputs - whole, panel + whole * kPanel);
}

}  // namespace

void pack_avx2(Stored type, const void* rows, int64_t stride, int64_t count, int64_t inputs, float* panel) {
  switch (type) {
    case Stored::f32:
      return pack<Float>(rows, stride, count, inputs, panel);
    case Stored::bf16:
      return pack<Bf16>(rows, stride, count, inputs, panel);
    case Stored::f16:
      return pack<F16>(rows, stride, count, inputs, panel);
  }
}

}  // namespace longattn::projection
