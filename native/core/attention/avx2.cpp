// The row kernel in AVX2 + FMA, float32: its loops are stats_kernel.h and tile_kernel.h. Compiled with AVX2 flags: no
// STL here, see row_block.h.
#include "simd/avx2.h"

#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/stats_kernel.h"

namespace longattn {
namespace attention {
namespace {

struct Avx2 : simd::Avx2 {
  static constexpr int kRows = 3, kVectors = 4;  // 12 sums + 3 queries + 1 key of 16 registers
};

}  // namespace

const RowKernel& avx2_kernel() {
  using Kernel = StatsKernel<Avx2>;
  static const RowKernel kernel = {"avx2",
                                   Input::f32,
                                   Kernel::kColumns,
                                   Avx2::kRows,
                                   96,
                                   Kernel::kScratchBytes,
                                   run_rows<Avx2>,
                                   ValueKernel<Avx2>::run,
                                   MapKernel<Avx2>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
