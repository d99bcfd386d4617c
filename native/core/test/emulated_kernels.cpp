// What fused_kernel.cu and queue.cpp have, on the emulated machine and tensors of the CPU: everything is done at once,
// by three blocks. Wgmma for widths up to 128, as on Hopper.
#include "device/fused/queue.h"
#include "device/fused/variants.h"
#include "emulated_machine.h"

namespace longattn::device {
namespace {

constexpr int kBlocks = 3;
struct Variant {
  int threads;
  size_t shared_bytes;
  void (*run)(const FusedArguments&, int*, unsigned char*);
};
struct VariantOf {
  template <typename Block>
  Variant operator()(Tag<Block>) const {
    return {Block::kThreads, sizeof(typename Block::Shared), Block::run};
  }
};

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

FusedProduct fused_product(int dim, const char** error) {
  *error = nullptr;
  return dim <= 128 ? FusedProduct::wgmma : FusedProduct::mma;
}
int fused_rows(FusedProduct product, int dim) {
  return with_block(product, FusedType::fp16, dim, false, RowsOf());
}
int64_t fused_workspace_bytes(FusedProduct product, FusedType, int dim, const char** error) {
  *error = nullptr;
  return workspace_bytes(fused_rows(product, dim), kBlocks);
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
  const Variant variant = with_block(product, type, dim, fused_mapped(arguments), VariantOf());
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
