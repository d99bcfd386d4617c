// The two paths that are written in torch's operators, for one head group. Internal: includes torch.
//
// Neither knows which device it is on, so what the tests show on the CPU is the code that runs on a GPU.
#pragma once

#include "device/group_tensors.h"

namespace longattn::device {

struct GroupResult {
  std::vector<HeadStats> heads;  // [G]
  at::Tensor token_far;          // [G, L] float32 on the CPU, F_n(k); undefined unless asked for
};

// Logits in tiles of some rows by all their keys, everything of the contract, with no operator beyond products and
// element-wise ones. At most `tile_bytes` a tensor of logits. Throws NotFinite, Cancelled, c10::OutOfMemoryError.
GroupResult tiles_group(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors,
                        int64_t tile_bytes);

// Why lse_group() cannot compute this, or empty. It knows no softcap, no ALiBi, no sliding window and no far peak.
std::string lse_refuses(const AttentionProblem& problem, const AttentionOptions& options);

// Logsumexps of flash attention: F_n(k) = exp(lse_far - lse_all), squares by a doubled scale, the entropy from the
// output with V = K. Three calls; with `bins` 62 more (DESIGN: each edge needs its own), else HeadStats' mass and
// squares stay zero and only the sink's bins are filled. Throws as tiles_group().
GroupResult lse_group(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors,
                      bool bins);

}  // namespace longattn::device
