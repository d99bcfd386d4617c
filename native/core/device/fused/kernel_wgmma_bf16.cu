// See kernel_text.cuh.
#include "device/fused/kernel_text.cuh"

namespace longattn {
namespace device {

KernelVariant wgmma_bf16(int dim, bool mapped) {
  return with_wgmma<FusedType::bf16>(dim, mapped, VariantOf());
}

}  // namespace device
}  // namespace longattn
