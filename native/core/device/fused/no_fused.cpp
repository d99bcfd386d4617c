// A CPU build has no kernels of ours for devices, and device_kernel() offers none.
#include "device/fused/fused_window.h"

namespace longattn::device {

bool has_fused() {
  return false;
}

std::string fused_refuses(const AttentionProblem&) {
  return "anything in a build without CUDA";
}

PendingFused fused_window(const AttentionProblem&, const AttentionOptions&, const DeviceRows&, int64_t,
                          const FusedChoice&) {
  throw std::logic_error("the fused kernels were asked for in a build without CUDA");
}

}  // namespace longattn::device
