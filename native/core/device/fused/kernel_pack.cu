// The passes before and after the kernels: packing, and the sums of slots.
#include <cuda_runtime.h>

#include "device/fused/kernel_variant.h"
#include "device/fused/pack.h"
#include "device/fused/sum.h"

namespace longattn {
namespace device {
namespace {

template <FusedType kType, int kRows, int kDim>
__global__ void __launch_bounds__(kPackRows* kDim / 8) pack(const __grid_constant__ PackArguments a) {
  constexpr int kChunks = kDim / 8;
  const int row = blockIdx.x * kPackRows + threadIdx.x / kChunks;
  pack_chunk<kType, kRows, kDim>(a, blockIdx.y * kPackHeads, row, threadIdx.x % kChunks);
}

__global__ void sum(const __grid_constant__ SumArguments a, int64_t count) {
  const int64_t number = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number < count) sum_number(a, number);
}

template <FusedType kType, int kRows>
const void* pack_of(int dim) {
  const auto kernel = dim == 64    ? pack<kType, kRows, 64>
                      : dim == 128 ? pack<kType, kRows, 128>
                                   : pack<kType, kRows, 256>;
  return reinterpret_cast<const void*>(kernel);
}

}  // namespace

const void* pack_kernel(FusedType type, int rows, int dim) {
  if (type == FusedType::fp16)
    return rows == kQueryTileRows ? pack_of<FusedType::fp16, kQueryTileRows>(dim)
                                  : pack_of<FusedType::fp16, kKeyTileRows>(dim);
  return rows == kQueryTileRows ? pack_of<FusedType::bf16, kQueryTileRows>(dim)
                                : pack_of<FusedType::bf16, kKeyTileRows>(dim);
}

const void* sum_kernel() {
  return reinterpret_cast<const void*>(sum);
}

}  // namespace device
}  // namespace longattn
