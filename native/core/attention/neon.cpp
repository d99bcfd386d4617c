// The row kernel in NEON, float32: its loops are stats_kernel.h and tile_kernel.h. Every ARM64 processor has it, so
// that this file has no flags of its own.
//
// A vector here is two registers, so that lanes, tile and the order of every sum are those of avx2.cpp: the same bits
// on both processors.
#include "simd/neon.h"

#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/stats_kernel.h"

namespace longattn {
namespace attention {
namespace {

struct Neon : simd::Neon {
  static constexpr int kRows = 3, kVectors = 4;  // 24 sums + 3 queries + 2 keys of 32 registers
};

}  // namespace

const RowKernel& neon_kernel() {
  using Kernel = StatsKernel<Neon>;
  static const RowKernel kernel = {"neon",
                                   Input::f32,
                                   Kernel::kColumns,
                                   Neon::kRows,
                                   96,
                                   Kernel::kScratchBytes,
                                   run_rows<Neon>,
                                   ValueKernel<Neon>::run,
                                   MapKernel<Neon>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
