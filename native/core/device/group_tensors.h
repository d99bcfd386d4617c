// One head group's Q and K as tensors on a device. Internal: includes torch.
#pragma once

#include "device/device_rows.h"

namespace longattn::device {

struct GroupTensors {
  at::Tensor q;            // [G, L, d], rotated, not scaled
  at::Tensor k;            // [L, d]
  int64_t first_head = 0;  // of the layer: kv_head * G
};

// Gathers, rotates and converts a group of `rows` to `type`; fp16 becomes bf16 where a number of the group is beyond
// fp16's range. Throws NotFinite for NaN or Inf in it, naming the lowest head (for a key the group's first).
GroupTensors read_group(const DeviceRows& rows, int64_t kv_head, at::ScalarType type);

// Throws Cancelled if the caller has asked for it.
void poll(const AttentionOptions& options);

}  // namespace longattn::device
