// Makes a group's Q and K on a device from the distinct rows behind them. Internal: includes torch.
#pragma once

#include "cuda/group_tensors.h"
#include "distinct_rows.h"

namespace longattn::device {

// Rows of the group that is prepared: [L, G + 1, d] float32 on `device`, query heads then key, rotated. `distinct` has
// more than 0 rows. Throws NotFinite for NaN or Inf in them.
at::Tensor gather_rows(const AttentionProblem& problem, DistinctRows& distinct, int64_t first_head, int threads,
                       at::Device device);

}  // namespace longattn::device
