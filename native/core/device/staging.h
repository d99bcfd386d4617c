// Memory of the CPU from which a device copies. Internal: includes torch.
#pragma once

#include "device/aten.h"

namespace longattn::device {

// Empty, on the CPU; pinned where `device` is a GPU, so that to_device() need not wait for the copy. Torch keeps such
// memory from being used again before the copy has ended.
inline at::Tensor staging(at::IntArrayRef sizes, at::ScalarType type, at::Device device) {
  return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(device.is_cuda()));
}

// In the order of the device's stream; on the CPU the tensor itself.
inline at::Tensor to_device(const at::Tensor& staged, at::Device device) {
  return staged.to(device, staged.scalar_type(), /*non_blocking=*/true);
}

}  // namespace longattn::device
