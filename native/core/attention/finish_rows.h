// Turns the unnormalised sums of a block's rows into shares of attention.
#pragma once

#include "attention/row_block.h"
#include "attention_stats.h"

namespace longattn::attention {

// Adds the rows of `block`, whose kernel has run, to `stats` in row order. `sink_logit` (base 2) is one more term of
// every normaliser, -inf for none. `token_far` is [block.rows] or null. Returns false if a row is not finite.
bool finish_rows(const RowBlock& block, double sink_logit, HeadStats& stats, float* token_far);

}  // namespace longattn::attention
