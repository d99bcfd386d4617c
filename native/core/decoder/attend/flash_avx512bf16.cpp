// The attention kernel in AVX-512-BF16: queries, keys, values and weights rounded to bf16, two products a lane and
// instruction, all sums, logits and exponentials in float32. Compiled with its flags.
#include <immintrin.h>

#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

struct Vectors {
  typedef float Vec __attribute__((vector_size(64)));
  typedef int32_t Int __attribute__((vector_size(64)));
  typedef uint32_t Element;  // neighbours of one query or key; of the values and weights, neighbouring keys
  static constexpr int kVectors = 4, kNumbers = 2;

  static inline __attribute__((always_inline)) Vec multiply_add(Element factor, Vec column, Vec sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(factor))),
                            reinterpret_cast<__m512bh>(column));
  }
  static inline __attribute__((always_inline)) void store_weights(Element* to, const Vec (&p)[kVectors]) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v += 2) {
      _mm512_store_si512(to + v * 8, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(p[v + 1], p[v])));
    }
  }
};

}  // namespace

const Kernel& avx512bf16_kernel() {
  static const Kernel kernel = {"avx512bf16", Tile<Vectors>::kColumns, Vectors::kNumbers, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
