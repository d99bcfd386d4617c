// Compiles the kernels and starts them. Blocks are persistent and take (row block, head) items from a counter; each
// item has a slot of its own, so the bits depend neither on the schedule nor on the number of multiprocessors.
#include <cuda_runtime.h>

#include "device/fused/variants.h"

namespace longattn {
namespace device {
namespace {

constexpr int kPackThreads = 256;

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

template <FusedType kType, int kRows, int kDim>
__global__ void __launch_bounds__(kPackThreads) pack_kernel(const __grid_constant__ PackArguments a) {
  constexpr int kChunks = kDim / 8;
  for (int i = threadIdx.x; i < kRows * kChunks; i += kPackThreads)
    pack_chunk<kType, kRows, kDim>(a, blockIdx.y, blockIdx.x, i / kChunks, i % kChunks);
}

// What a start needs to know of a kernel.
struct Variant {
  void (*kernel)(FusedArguments, int*);
  int threads, rows, shared_bytes;
  int registers;  // that its threads have to have together, so that no group waits for more than there are
};
struct VariantOf {
  template <FusedType kType, int kDim, bool kMapped>
  Variant operator()(Tag<MmaBlock<kType, kDim, kMapped>>) const {
    using Block = MmaBlock<kType, kDim, kMapped>;
    return {mma_kernel<Block>, Block::kThreads, Block::kRows, static_cast<int>(sizeof(typename Block::Shared)), 0};
  }
  template <FusedType kType, int kDim, bool kMapped>
  Variant operator()(Tag<WgmmaBlock<kType, kDim, kMapped>>) const {
    using Block = WgmmaBlock<kType, kDim, kMapped>;
    return {wgmma_kernel<Block>, Block::kThreads, Block::kRows, static_cast<int>(sizeof(typename Block::Shared)),
            Block::kRegisters};
  }
};
Variant variant_of(FusedProduct product, FusedType type, int dim, bool mapped) {
  return with_block(product, type, dim, mapped, VariantOf());
}

// Blocks that the current device runs at once.
cudaError_t resident_blocks(const Variant& variant, int* blocks) {
  const void* kernel = reinterpret_cast<const void*>(variant.kernel);
  int device = 0, processors = 0, each = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
  if (error == cudaSuccess)
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, variant.shared_bytes);
  if (error == cudaSuccess)
    error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, variant.threads, variant.shared_bytes);
  cudaFuncAttributes attributes = {};
  if (error == cudaSuccess) error = cudaFuncGetAttributes(&attributes, kernel);
  *blocks = processors * each;
  const bool fits = *blocks > 0 && attributes.numRegs * variant.threads >= variant.registers;
  return error == cudaSuccess && !fits ? cudaErrorLaunchOutOfResources : error;
}

const char* text_of(cudaError_t status) {
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

template <FusedType kType, int kRows>
const char* pack(int dim, const PackArguments& a, void* stream) {
  const auto kernel = dim == 64    ? pack_kernel<kType, kRows, 64>
                      : dim == 128 ? pack_kernel<kType, kRows, 128>
                                   : pack_kernel<kType, kRows, 256>;
  kernel<<<dim3(a.tiles, a.heads), kPackThreads, 0, static_cast<cudaStream_t>(stream)>>>(a);
  return text_of(cudaGetLastError());
}

}  // namespace

FusedProduct fused_product(int dim, const char** error) {
  int device = 0, major = 0, minor = 0;
  cudaError_t status = cudaGetDevice(&device);
  if (status == cudaSuccess) status = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  if (status == cudaSuccess) status = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  *error = text_of(status);
  return major == 9 && minor == 0 && dim <= 128 ? FusedProduct::wgmma : FusedProduct::mma;
}

int fused_rows(FusedProduct product, int dim) {
  return with_block(product, FusedType::fp16, dim, false, RowsOf());
}

int64_t fused_workspace_bytes(FusedProduct product, FusedType type, int dim, const char** error) {
  int64_t bytes = 0;
  for (const bool mapped : {false, true}) {
    int blocks = 0;
    const Variant variant = variant_of(product, type, dim, mapped);
    *error = text_of(resident_blocks(variant, &blocks));
    if (*error != nullptr) return 0;
    const int64_t own = workspace_bytes(variant.rows, blocks);
    if (own > bytes) bytes = own;
  }
  return bytes;
}

const char* fused_pack_queries(FusedType type, int dim, const PackArguments& arguments, void* stream) {
  return type == FusedType::fp16 ? pack<FusedType::fp16, kQueryTileRows>(dim, arguments, stream)
                                 : pack<FusedType::bf16, kQueryTileRows>(dim, arguments, stream);
}

const char* fused_pack_keys(FusedType type, int dim, const PackArguments& arguments, void* stream) {
  return type == FusedType::fp16 ? pack<FusedType::fp16, kKeyTileRows>(dim, arguments, stream)
                                 : pack<FusedType::bf16, kKeyTileRows>(dim, arguments, stream);
}

const char* fused_start(FusedProduct product, FusedType type, int dim, const FusedArguments& arguments, void* stream) {
  const Variant variant = variant_of(product, type, dim, fused_mapped(arguments));
  int blocks = 0;
  cudaError_t status = resident_blocks(variant, &blocks);
  const auto on = static_cast<cudaStream_t>(stream);
  int* counter = static_cast<int*>(arguments.workspace);
  if (status == cudaSuccess) status = cudaMemsetAsync(counter, 0, sizeof *counter, on);
  if (status == cudaSuccess) {
    FusedArguments own = arguments;
    own.workspace = static_cast<char*>(arguments.workspace) + kCounterBytes;
    const int64_t items = fused_blocks(product, dim, arguments.length) * arguments.heads;
    const int grid = static_cast<int>(items < blocks ? items : blocks);
    variant.kernel<<<grid, variant.threads, variant.shared_bytes, on>>>(own, counter);
    status = cudaGetLastError();
  }
  return text_of(status);
}

}  // namespace device
}  // namespace longattn
