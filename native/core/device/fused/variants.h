// Which block computes what: the same for the GPU and for the emulated machine.
#pragma once

#include "device/fused/mma_block.h"
#include "device/fused/wgmma_block.h"

namespace longattn {
namespace device {

template <typename Type>
struct Tag {
  using Block = Type;
};

static_assert(MmaBlock<FusedType::fp16, 64, false>::kRows == fused_rows(FusedProduct::mma, 64));
static_assert(MmaBlock<FusedType::fp16, 256, false>::kRows == fused_rows(FusedProduct::mma, 256));
static_assert(WgmmaBlock<FusedType::fp16, 128, false>::kRows == fused_rows(FusedProduct::wgmma, 128));

// make(Tag<Block>()) of the block for these.
template <FusedType kType, typename Make>
auto with_mma(int dim, bool mapped, const Make& make) {
  if (mapped)
    return dim == 64    ? make(Tag<MmaBlock<kType, 64, true>>())
           : dim == 128 ? make(Tag<MmaBlock<kType, 128, true>>())
                        : make(Tag<MmaBlock<kType, 256, true>>());
  return dim == 64    ? make(Tag<MmaBlock<kType, 64, false>>())
         : dim == 128 ? make(Tag<MmaBlock<kType, 128, false>>())
                      : make(Tag<MmaBlock<kType, 256, false>>());
}
template <FusedType kType, typename Make>
auto with_wgmma(int dim, bool mapped, const Make& make) {
  if (mapped) return dim == 64 ? make(Tag<WgmmaBlock<kType, 64, true>>()) : make(Tag<WgmmaBlock<kType, 128, true>>());
  return dim == 64 ? make(Tag<WgmmaBlock<kType, 64, false>>()) : make(Tag<WgmmaBlock<kType, 128, false>>());
}

}  // namespace device
}  // namespace longattn
