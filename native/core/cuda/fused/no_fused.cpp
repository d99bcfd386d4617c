// A CPU build has no kernel of ours for devices, and device_kernel() offers none.
#include "cuda/fused/fused_group.h"

namespace longattn::device {

bool has_fused() {
  return false;
}

std::string fused_refuses(const AttentionProblem&) {
  return "anything in a build without CUDA";
}

GroupResult fused_group(const AttentionProblem&, const AttentionOptions&, const GroupTensors&) {
  throw std::logic_error("the fused kernel was asked for in a build without CUDA");
}

}  // namespace longattn::device
