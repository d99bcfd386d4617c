// The statistics of one head group in torch's operators. Internal: includes torch.
//
// The code does not know which device it is on, so what the tests show on the CPU is what runs on a GPU.
#pragma once

#include "device/stats/group_tensors.h"

namespace longattn::device {

struct GroupResult {
  std::vector<HeadStats> heads;  // [G]
  at::Tensor token_far;          // [G, L] float32 on the CPU, F_n(k); undefined unless asked for
};

// Logits in tiles of some rows by all their keys, everything of the contract, with no operator beyond products and
// element-wise ones. At most `tile_bytes` a tensor of logits. Throws NotFinite, Cancelled, c10::OutOfMemoryError.
GroupResult tiles_group(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors,
                        int64_t tile_bytes);

}  // namespace longattn::device
