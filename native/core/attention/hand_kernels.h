// The hand-written row kernels. Each of x86-64 lives in a file with its own instruction set flags; ask
// simd/cpu_kernel.h before running one.
#pragma once

#include "attention/row_block.h"

namespace longattn {
namespace attention {

const RowKernel& avx2_kernel();        // needs cpu_has_avx2_fma()
const RowKernel& avx512_kernel();      // needs cpu_has_avx512()
const RowKernel& avx512bf16_kernel();  // needs cpu_has_avx512_bf16()
const RowKernel& neon_kernel();        // of every ARM64 processor

}  // namespace attention
}  // namespace longattn
