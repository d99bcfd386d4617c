// See kernel_text.cuh.
#include "device/fused/kernel_text.cuh"

namespace longattn {
namespace device {

KernelVariant wgmma_fp16(int dim, bool mapped) {
  return with_wgmma<FusedType::fp16>(dim, mapped, VariantOf());
}

}  // namespace device
}  // namespace longattn
