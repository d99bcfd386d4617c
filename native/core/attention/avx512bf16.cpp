// The row kernel in AVX-512-BF16: queries and keys rounded to bf16, two products and a float32 sum a lane and
// instruction. Compiled with AVX-512 flags: no STL here, see row_block.h.
#include "simd/avx512bf16.h"

#include "attention/hand_kernels.h"
#include "attention/map_kernel.h"
#include "attention/stats_kernel.h"

namespace longattn {
namespace attention {
namespace {

struct Avx512Bf16 : simd::Avx512Bf16 {
  static constexpr int kRows = 6, kVectors = 4;  // 24 sums + 4 keys + 1 query of 32 registers
};

}  // namespace

const RowKernel& avx512bf16_kernel() {
  using Kernel = StatsKernel<Avx512Bf16>;
  static const RowKernel kernel = {
      "avx512bf16",          Input::bf16_pairs, Kernel::kColumns, Avx512Bf16::kRows,         192,
      Kernel::kScratchBytes, Kernel::run,       nullptr,          MapKernel<Avx512Bf16>::run};
  return kernel;
}

}  // namespace attention
}  // namespace longattn
