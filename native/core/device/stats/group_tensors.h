// One head group's Q and K as tensors on a device. Internal: includes torch.
#pragma once

#include "device/device_rows.h"

namespace longattn::device {

struct GroupTensors {
  at::Tensor q;            // [G, L, d] float32, rotated, not scaled
  at::Tensor k;            // [L, d]
  int64_t first_head = 0;  // of the layer: kv_head * G
};

// Gathers and rotates a group of `rows`. Throws NotFinite for NaN or Inf in it, naming the lowest head (for a key the
// group's first).
GroupTensors read_group(const DeviceRows& rows, int64_t kv_head);

}  // namespace longattn::device
