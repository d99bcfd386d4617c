// Starts the kernels by the CUDA runtime. Each call says what became of itself: cudaGetLastError() after a launch would
// also tell of what somebody before us left behind.
#include <cuda_runtime_api.h>

#include <algorithm>

#include "device/fused/fused_kernel.h"
#include "device/fused/kernel_variant.h"

namespace longattn {
namespace device {
namespace {

constexpr int kSumThreads = 256;

// What a failed call leaves behind is taken away: nobody after us shall find it.
const char* text_of(cudaError_t status) {
  if (status == cudaSuccess) return nullptr;
  (void)cudaGetLastError();
  return cudaGetErrorString(status);
}

KernelVariant variant_of(FusedProduct product, FusedType type, int dim, bool mapped) {
  if (product == FusedProduct::wgmma)
    return type == FusedType::fp16 ? wgmma_fp16(dim, mapped) : wgmma_bf16(dim, mapped);
  return type == FusedType::fp16 ? mma_fp16(dim, mapped) : mma_bf16(dim, mapped);
}

// Blocks that the current device runs at once.
cudaError_t resident_blocks(const KernelVariant& variant, int* blocks) {
  int device = 0, processors = 0, each = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
  if (error == cudaSuccess)
    error = cudaFuncSetAttribute(variant.kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, variant.shared_bytes);
  if (error == cudaSuccess)
    error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, variant.kernel, variant.threads, variant.shared_bytes);
  cudaFuncAttributes attributes = {};
  if (error == cudaSuccess) error = cudaFuncGetAttributes(&attributes, variant.kernel);
  *blocks = processors * each;
  // A kernel compiled without Hopper's instructions is empty and has fewer registers.
  const bool fits = *blocks > 0 && attributes.numRegs * variant.threads >= variant.registers;
  return error == cudaSuccess && !fits ? cudaErrorLaunchOutOfResources : error;
}

const char* pack(FusedType type, int rows, int dim, PackArguments a, void* stream) {
  void* arguments[] = {&a};
  const dim3 grid(a.tiles * (rows / kPackRows), (a.heads + kPackHeads - 1) / kPackHeads);
  return text_of(cudaLaunchKernel(pack_kernel(type, rows, dim), grid, dim3(kPackRows * dim / 8), arguments, 0,
                                  static_cast<cudaStream_t>(stream)));
}

}  // namespace

FusedProduct fused_product(int dim, const char** error) {
  int device = 0, major = 0, minor = 0;
  cudaError_t status = cudaGetDevice(&device);
  if (status == cudaSuccess) status = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  if (status == cudaSuccess) status = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  *error = text_of(status);
  const bool has_wgmma = major == 9 && minor == 0 && dim <= 128 && wgmma_fp16(dim, false).kernel != nullptr;
  return has_wgmma ? FusedProduct::wgmma : FusedProduct::mma;
}

int64_t fused_workspace_bytes(FusedProduct product, FusedType type, int dim, const char** error) {
  int64_t bytes = 0;
  for (const bool mapped : {false, true}) {
    int blocks = 0;
    const KernelVariant variant = variant_of(product, type, dim, mapped);
    *error = text_of(resident_blocks(variant, &blocks));
    if (*error != nullptr) return 0;
    bytes = std::max(bytes, workspace_bytes(fused_rows(product, dim), blocks));
  }
  return bytes;
}

const char* fused_pack_queries(FusedType type, int dim, const PackArguments& arguments, void* stream) {
  return pack(type, kQueryTileRows, dim, arguments, stream);
}

const char* fused_pack_keys(FusedType type, int dim, const PackArguments& arguments, void* stream) {
  return pack(type, kKeyTileRows, dim, arguments, stream);
}

const char* fused_start(FusedProduct product, FusedType type, int dim, const FusedArguments& arguments, void* stream) {
  const KernelVariant variant = variant_of(product, type, dim, fused_mapped(arguments));
  int blocks = 0;
  cudaError_t status = resident_blocks(variant, &blocks);
  const auto on = static_cast<cudaStream_t>(stream);
  int* counter = static_cast<int*>(arguments.workspace);
  if (status == cudaSuccess) status = cudaMemsetAsync(counter, 0, sizeof *counter, on);
  if (status == cudaSuccess) {
    FusedArguments own = arguments;
    own.workspace = static_cast<char*>(arguments.workspace) + kCounterBytes;
    const int64_t items = fused_blocks(product, dim, arguments.length) * arguments.heads;
    void* both[] = {&own, &counter};
    status = cudaLaunchKernel(variant.kernel, dim3(static_cast<unsigned>(std::min<int64_t>(items, blocks))),
                              dim3(variant.threads), both, variant.shared_bytes, on);
  }
  return text_of(status);
}

const char* fused_sum(const SumArguments& arguments, void* stream) {
  SumArguments own = arguments;
  int64_t count = sum_count(own);
  void* both[] = {&own, &count};
  const auto grid = static_cast<unsigned>((count + kSumThreads - 1) / kSumThreads);
  return text_of(
      cudaLaunchKernel(sum_kernel(), dim3(grid), dim3(kSumThreads), both, 0, static_cast<cudaStream_t>(stream)));
}

}  // namespace device
}  // namespace longattn
