// The row kernel in AVX-512, float32: its loops are vector_kernel.h and tile_kernel.h, its operations avx512_vectors.h.
// Compiled with AVX-512 flags: no STL here, see row_block.h.
#include "attention/avx512_vectors.h"
#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/vector_kernel.h"

namespace longattn {
namespace attention {
namespace {

struct Avx512 : Avx512Vectors {
  using Factor = __m512;
  static LONGATTN_INLINE Factor load_factor(const float* from) { return _mm512_load_ps(from); }
  static LONGATTN_INLINE Factor broadcast_factor(const float* from) { return _mm512_set1_ps(*from); }
  static LONGATTN_INLINE Vec multiply_add(Factor a, Factor b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
};

}  // namespace

const RowKernel& avx512_kernel() {
  using Kernel = VectorKernel<Avx512>;
  static const RowKernel kernel = {"avx512",
                                   Input::f32,
                                   Kernel::kColumns,
                                   Avx512::kRows,
                                   192,
                                   Kernel::kScratchBytes,
                                   Kernel::run,
                                   MapKernel<Avx512>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
