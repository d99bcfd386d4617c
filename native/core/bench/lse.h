// The identity F_n(k) = exp(lse_far,n - lse_all,n) by torch's flash attention: what a library can do on a GPU, beside
// our kernels in the bench, and their check in the tests. Internal: includes torch.
#pragma once

#include "device/stats/group_paths.h"

namespace longattn::bench {

using device::GroupResult;
using device::GroupTensors;

// Logsumexps of flash attention: F_n(k) = exp(lse_far - lse_all), squares by a doubled scale, the entropy from the
// output with V = K. Three calls; with `bins` 62 more (two for each inner edge), else HeadStats' mass and
// squares stay zero and only the sink's bins are filled. It knows no softcap, ALiBi,
// sliding window or far peak, and heads up to 256 wide: a check and a peer of the kernels, not one of them. Throws as
// tiles_group().
GroupResult lse_group(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors,
                      bool bins);

// Q and K in another type, for flash attention on CUDA.
GroupTensors in_type(const GroupTensors& tensors, at::ScalarType type);

}  // namespace longattn::bench
