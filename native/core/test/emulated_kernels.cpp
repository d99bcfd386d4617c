// What fused_kernel.cu and queue.cpp have, on the emulated machine and tensors of the CPU: everything is done at once,
// by three blocks. Wgmma for widths up to 128, as on Hopper.
#include "cuda/fused/fused_kernel.h"
#include "cuda/fused/mma_block.h"
#include "cuda/fused/pack.h"
#include "cuda/fused/queue.h"
#include "cuda/fused/wgmma_block.h"
#include "emulated_machine.h"

namespace longattn::device {
namespace {

constexpr int kBlocks = 3;
constexpr int64_t kCounterBytes = 256;

struct Variant {
  int threads, rows;
  size_t shared_bytes;
  void (*run)(const FusedArguments&, int*, unsigned char*);
};
template <typename Block>
Variant variant() {
  return {Block::kThreads, Block::kRows, sizeof(typename Block::Shared), Block::run};
}
template <FusedType kType, bool kMapped>
Variant variant_of(FusedProduct product, int dim) {
  if (product == FusedProduct::wgmma)
    return dim == 64 ? variant<WgmmaBlock<kType, 64, kMapped>>() : variant<WgmmaBlock<kType, 128, kMapped>>();
  return dim == 64    ? variant<MmaBlock<kType, 64, kMapped>>()
         : dim == 128 ? variant<MmaBlock<kType, 128, kMapped>>()
                      : variant<MmaBlock<kType, 256, kMapped>>();
}
Variant variant_of(FusedProduct product, FusedType type, int dim, bool mapped) {
  if (type == FusedType::fp16)
    return mapped ? variant_of<FusedType::fp16, true>(product, dim) : variant_of<FusedType::fp16, false>(product, dim);
  return mapped ? variant_of<FusedType::bf16, true>(product, dim) : variant_of<FusedType::bf16, false>(product, dim);
}

template <FusedType kType, int kRows, int kDim>
void pack_width(const PackArguments& a) {
  for (int head = 0; head < a.heads; ++head)
    for (int tile = 0; tile < a.tiles; ++tile)
      for (int i = 0; i < kRows * kDim / 8; ++i)
        pack_chunk<kType, kRows, kDim>(a, head, tile, i / (kDim / 8), i % (kDim / 8));
}
template <FusedType kType, int kRows>
const char* pack(int dim, const PackArguments& a) {
  dim == 64    ? pack_width<kType, kRows, 64>(a)
  : dim == 128 ? pack_width<kType, kRows, 128>(a)
               : pack_width<kType, kRows, 256>(a);
  return nullptr;
}

}  // namespace

int fused_dim(int64_t dim) {
  return dim <= 64 ? 64 : dim <= 128 ? 128 : dim <= 256 ? 256 : 0;
}
FusedProduct fused_product(int dim, const char** error) {
  *error = nullptr;
  return dim <= 128 ? FusedProduct::wgmma : FusedProduct::mma;
}
int64_t fused_blocks(FusedProduct product, int dim, int64_t length) {
  const int rows = variant_of(product, FusedType::fp16, dim, false).rows;
  return (length + rows - 1) / rows;
}
int fused_query_tiles(FusedProduct product, int dim, int64_t length) {
  return static_cast<int>(fused_blocks(product, dim, length)) * variant_of(product, FusedType::fp16, dim, false).rows /
         kQueryTileRows;
}
int fused_key_tiles(int64_t length) {
  return static_cast<int>((length + kKeyTileRows - 1) / kKeyTileRows);
}
int64_t fused_workspace_bytes(FusedProduct product, FusedType type, int dim, const char** error) {
  *error = nullptr;
  return kCounterBytes + static_cast<int64_t>(sizeof(SegmentSum)) * attention::kMaxSegments *
                             variant_of(product, type, dim, false).rows * kBlocks;
}

const char* fused_pack_queries(FusedType type, int dim, const PackArguments& a, void*) {
  return type == FusedType::fp16 ? pack<FusedType::fp16, kQueryTileRows>(dim, a)
                                 : pack<FusedType::bf16, kQueryTileRows>(dim, a);
}
const char* fused_pack_keys(FusedType type, int dim, const PackArguments& a, void*) {
  return type == FusedType::fp16 ? pack<FusedType::fp16, kKeyTileRows>(dim, a)
                                 : pack<FusedType::bf16, kKeyTileRows>(dim, a);
}

const char* fused_start(FusedProduct product, FusedType type, int dim, const FusedArguments& arguments, void*) {
  const Variant variant = variant_of(product, type, dim, fused_mapped(arguments));
  FusedArguments own = arguments;
  own.workspace = static_cast<char*>(arguments.workspace) + kCounterBytes;
  int counter = 0;
  machine::Emulator::run({kBlocks, variant.threads, variant.shared_bytes, machine::Timing::late},
                         [&](unsigned char* memory) { variant.run(own, &counter, memory); });
  return nullptr;
}

struct Queue::Parts {};
Queue::Queue(c10::Device) {}
Queue::~Queue() = default;
void* Queue::stream() const {
  return nullptr;
}
void Queue::mark() {}
void Queue::wait() const {}

}  // namespace longattn::device
