// Which block computes what, and what it needs: the same for the GPU and for the emulated machine.
#pragma once

#include "device/fused/fused_kernel.h"
#include "device/fused/mma_block.h"
#include "device/fused/pack.h"
#include "device/fused/wgmma_block.h"

namespace longattn {
namespace device {

constexpr int64_t kCounterBytes = 256;  // of the workspace, before the sums: keeps them aligned

template <typename Type>
struct Tag {
  using Block = Type;
};

// make(Tag<Block>()) of the block for these.
template <FusedType kType, bool kMapped, typename Make>
auto with_block(FusedProduct product, int dim, const Make& make) {
  if (product == FusedProduct::wgmma)
    return dim == 64 ? make(Tag<WgmmaBlock<kType, 64, kMapped>>()) : make(Tag<WgmmaBlock<kType, 128, kMapped>>());
  return dim == 64    ? make(Tag<MmaBlock<kType, 64, kMapped>>())
         : dim == 128 ? make(Tag<MmaBlock<kType, 128, kMapped>>())
                      : make(Tag<MmaBlock<kType, 256, kMapped>>());
}
template <typename Make>
auto with_block(FusedProduct product, FusedType type, int dim, bool mapped, const Make& make) {
  if (type == FusedType::fp16)
    return mapped ? with_block<FusedType::fp16, true>(product, dim, make)
                  : with_block<FusedType::fp16, false>(product, dim, make);
  return mapped ? with_block<FusedType::bf16, true>(product, dim, make)
                : with_block<FusedType::bf16, false>(product, dim, make);
}

struct RowsOf {
  template <typename Block>
  int operator()(Tag<Block>) const {
    return Block::kRows;
  }
};

inline int64_t workspace_bytes(int rows, int64_t blocks) {
  return kCounterBytes + static_cast<int64_t>(sizeof(SegmentSum)) * attention::kMaxSegments * rows * blocks;
}

}  // namespace device
}  // namespace longattn
