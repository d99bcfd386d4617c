// The row kernel in AVX-512-BF16: queries and keys rounded to bf16, two products and a float32 sum a lane and
// instruction. Compiled with AVX-512 flags: no STL here, see row_block.h.
#include "attention/avx512_vectors.h"
#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/vector_kernel.h"

namespace longattn {
namespace attention {
namespace {

// A packed element is a pair of neighbours of one row, moved about as a float and never computed with as one.
struct Avx512Bf16 : Avx512Vectors {
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

const RowKernel& avx512bf16_kernel() {
  using Kernel = VectorKernel<Avx512Bf16>;
  static const RowKernel kernel = {"avx512bf16", Input::bf16_pairs,     Kernel::kColumns, Avx512Bf16::kRows,
                                   192,          Kernel::kScratchBytes, Kernel::run,      MapKernel<Avx512Bf16>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
