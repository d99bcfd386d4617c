// Stands in for kernels that this build leaves out (LONGATTN_KERNELS_LEFT_OUT): the CUDA runtime refuses to start what
// is null, and the other kernels run. For a machine whose nvcc cannot compile one of them (scripts/gpu-check).
#include "device/fused/kernel_variant.h"

namespace longattn {
namespace device {

#ifdef LONGATTN_LEFT_OUT_MMA_FP16
KernelVariant mma_fp16(int, bool) {
  return {};
}
#endif
#ifdef LONGATTN_LEFT_OUT_MMA_BF16
KernelVariant mma_bf16(int, bool) {
  return {};
}
#endif
#ifdef LONGATTN_LEFT_OUT_WGMMA_FP16
KernelVariant wgmma_fp16(int, bool) {
  return {};
}
#endif
#ifdef LONGATTN_LEFT_OUT_WGMMA_BF16
KernelVariant wgmma_bf16(int, bool) {
  return {};
}
#endif

}  // namespace device
}  // namespace longattn
