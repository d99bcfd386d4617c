// Runs a row kernel over all heads and row blocks of a problem.
#pragma once

#include "attention/row_block.h"
#include "attention_stats.h"

namespace longattn::attention {

// Checks the problem, packs the keys of one KV head at a time, hands row blocks to threads and reduces their sums in a
// fixed order, so that the result has the same bits for any number of threads. Throws what attention_stats() throws.
AttentionStats run_kernel(const RowKernel& kernel, const AttentionProblem& problem, const AttentionOptions& options);

}  // namespace longattn::attention
