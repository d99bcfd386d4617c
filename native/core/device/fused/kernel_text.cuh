// The kernels of one product and type, for all widths: included by the file of each, and by nobody else. Blocks are
// persistent and take (row block, head) items from a counter; each item has a slot of its own, so the bits depend
// neither on the schedule nor on the number of multiprocessors.
#pragma once

#include <cuda_runtime.h>

#include "device/fused/kernel_variant.h"
#include "device/fused/variants.h"

namespace longattn {
namespace device {
namespace {

template <typename Block>
__global__ void __launch_bounds__(Block::kThreads, Block::kResident)
    mma_kernel(const __grid_constant__ FusedArguments a, int* counter) {
  extern __shared__ __align__(1024) unsigned char memory[];
  Block::run(a, counter, memory);
}

// Its instructions exist on compute capability 9.0 alone, not even on what comes after it.
template <typename Block>
__global__ void __launch_bounds__(Block::kThreads, Block::kResident)
    wgmma_kernel(const __grid_constant__ FusedArguments a, int* counter) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ __align__(1024) unsigned char memory[];
  Block::run(a, counter, memory);
#endif
}

struct VariantOf {
  template <FusedType kType, int kDim, bool kMapped>
  KernelVariant operator()(Tag<MmaBlock<kType, kDim, kMapped>>) const {
    return variant<MmaBlock<kType, kDim, kMapped>>(mma_kernel<MmaBlock<kType, kDim, kMapped>>, 0);
  }
  template <FusedType kType, int kDim, bool kMapped>
  KernelVariant operator()(Tag<WgmmaBlock<kType, kDim, kMapped>>) const {
    using Block = WgmmaBlock<kType, kDim, kMapped>;
    return variant<Block>(wgmma_kernel<Block>, Block::kRegisters);
  }

 private:
  template <typename Block>
  static KernelVariant variant(void (*kernel)(FusedArguments, int*), int registers) {
    return {reinterpret_cast<const void*>(kernel), Block::kThreads, static_cast<int>(sizeof(typename Block::Shared)),
            registers};
  }
};

}  // namespace
}  // namespace device
}  // namespace longattn
