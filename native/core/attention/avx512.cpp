// The row kernel in AVX-512, float32: its loops are stats_kernel.h and tile_kernel.h.
// Compiled with AVX-512 flags: no STL here, see row_block.h.
#include "simd/avx512.h"

#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/stats_kernel.h"

namespace longattn {
namespace attention {
namespace {

struct Avx512 : simd::Avx512 {
  static constexpr int kRows = 6, kVectors = 4;  // 24 sums + 4 keys + 1 query of 32 registers
};

}  // namespace

const RowKernel& avx512_kernel() {
  using Kernel = StatsKernel<Avx512>;
  static const RowKernel kernel = {"avx512",
                                   Input::f32,
                                   Kernel::kColumns,
                                   Avx512::kRows,
                                   192,
                                   Kernel::kScratchBytes,
                                   run_rows<Avx512>,
                                   ValueKernel<Avx512>::run,
                                   MapKernel<Avx512>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
