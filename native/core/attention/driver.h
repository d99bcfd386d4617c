// Runs a row kernel over all heads and row blocks of a problem, for statistics, values or both.
#pragma once

#include "attention/row_block.h"
#include "attention_stats.h"

namespace longattn::attention {

// As attention_stats(), with the problem's values. Checks the problem, packs the keys of one KV head at a time, hands
// row blocks to threads and reduces their sums in a fixed order, so that the result has the same bits for any number of
// threads.
AttentionStats run_kernel(const RowKernel& kernel, const AttentionProblem& problem, const AttentionOptions& options);

// As attention_values(), by a kernel that has them.
void run_values(const RowKernel& kernel, const AttentionProblem& problem, AttentionValues& values, int threads,
                const std::atomic<bool>* cancel);

}  // namespace longattn::attention
