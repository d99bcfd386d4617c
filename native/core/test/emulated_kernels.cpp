// What fused_start.cpp has, on the emulated machine: everything is done at once, by three blocks. Wgmma for widths up
// to 128, as on Hopper.
#include "emulated_kernels.h"

#include <cmath>

#include "device/fused/pack.h"
#include "device/fused/sum.h"
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
  for (int head = 0; head < a.heads; head += kPackHeads)
    for (int row = 0; row < a.tiles * kRows; ++row)
      for (int chunk = 0; chunk < kDim / 8; ++chunk) pack_chunk<kType, kRows, kDim>(a, head, row, chunk);
}
template <FusedType kType, int kRows>
const char* pack(int dim, const PackArguments& a) {
  dim == 64    ? pack_width<kType, kRows, 64>(a)
  : dim == 128 ? pack_width<kType, kRows, 128>(a)
               : pack_width<kType, kRows, 256>(a);
  return nullptr;
}

Variant variant_of(FusedProduct product, FusedType type, int dim, bool mapped) {
  const bool fp16 = type == FusedType::fp16;
  if (product == FusedProduct::wgmma)
    return fp16 ? with_wgmma<FusedType::fp16>(dim, mapped, VariantOf())
                : with_wgmma<FusedType::bf16>(dim, mapped, VariantOf());
  return fp16 ? with_mma<FusedType::fp16>(dim, mapped, VariantOf())
              : with_mma<FusedType::bf16>(dim, mapped, VariantOf());
}

}  // namespace

FusedProduct fused_product(int dim, const char** error) {
  *error = nullptr;
  return dim <= 128 ? FusedProduct::wgmma : FusedProduct::mma;
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
  const Variant variant = variant_of(product, type, dim, fused_mapped(arguments));
  FusedArguments own = arguments;
  own.workspace = static_cast<char*>(arguments.workspace) + kCounterBytes;
  int counter = 0;
  machine::Emulator::run({kBlocks, variant.threads, variant.shared_bytes, machine::Timing::late},
                         [&](unsigned char* memory) { variant.run(own, &counter, memory); });
  return nullptr;
}

const char* fused_sum(const SumArguments& a, void*) {
  for (int64_t number = 0; number < sum_count(a); ++number) sum_number(a, number);
  if (sums_are_broken()) a.sums[0] = std::nan("");
  return nullptr;
}

}  // namespace longattn::device
