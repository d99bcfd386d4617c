// See kernel_text.cuh.
#include "device/fused/kernel_text.cuh"

namespace longattn {
namespace device {

KernelVariant mma_fp16(int dim, bool mapped) {
  return with_mma<FusedType::fp16>(dim, mapped, VariantOf());
}

}  // namespace device
}  // namespace longattn
