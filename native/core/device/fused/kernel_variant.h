// The compiled kernels: each (product, type) is a file of its own, so that nvcc compiles them side by side. No CUDA
// headers here.
#pragma once

#include "device/fused/fused_type.h"

namespace longattn {
namespace device {

// What a start needs to know of a kernel.
struct KernelVariant {
  const void* kernel;  // takes (FusedArguments, int* counter); null where this build leaves it out
  int threads, shared_bytes;
  int registers;  // that its threads have to have together, so that no group waits for more than there are; 0: any
};

// For a width of fused_dim(). wgmma: 64 and 128 alone.
KernelVariant mma_fp16(int dim, bool mapped);
KernelVariant mma_bf16(int dim, bool mapped);
KernelVariant wgmma_fp16(int dim, bool mapped);
KernelVariant wgmma_bf16(int dim, bool mapped);

// Takes PackArguments, on a grid of (tiles * kRows / kPackRows, ceil(heads / kPackHeads)) blocks of kPackRows * dim / 8
// threads. `rows`: of a tile, kQueryTileRows or kKeyTileRows.
const void* pack_kernel(FusedType type, int rows, int dim);
// Takes SumArguments, a thread a number of sum_count().
const void* sum_kernel();

}  // namespace device
}  // namespace longattn
