// One head group's Q and K as tensors on a device. Internal: includes torch.
#pragma once

#include "attention_stats.h"
#include "cuda/aten.h"

namespace longattn::device {

struct GroupTensors {
  at::Tensor q;            // [G, L, d], rotated, not scaled
  at::Tensor k;            // [L, d]
  int64_t first_head = 0;  // of the layer: kv_head * G
};

// Reads a group from problem.source (prepare_group() included) and copies it to `device` as `type`; fp16 becomes bf16
// where a number of the group is beyond fp16's range. Throws NotFinite for NaN or Inf in it.
GroupTensors read_group(const AttentionProblem& problem, const AttentionOptions& options, int64_t kv_head,
                        at::Device device, at::ScalarType type);

// Throws Cancelled if the caller has asked for it.
void poll(const AttentionOptions& options);

}  // namespace longattn::device
