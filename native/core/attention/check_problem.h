// The one place where an attention problem is checked; every kernel calls it first and trusts the problem afterwards.
#pragma once

#include "attention_maps.h"

namespace longattn::attention {

constexpr int64_t kMaxDim = 512;  // the scratch of a row block is sized by it; no known decoder has wider heads

// Throws std::invalid_argument naming the field, its value and what is allowed.
void check_problem(const AttentionProblem& problem, const AttentionOptions& options);

// The same of values, whose `near` is at most that.
void check_values(const AttentionValues& values, int64_t near);

// The same for a map or rows of it, and the chosen heads: in range, ascending, distinct, at least one.
void check_map_problem(const AttentionProblem& problem, const MapOptions& options);

// `blocks` is 1 to min(L, kMaxMapBlocks).
void check_blocks(const AttentionProblem& problem, int64_t blocks);

// True if all `count` numbers are finite. Looks at the exponent bits, so that it holds under every floating point flag.
bool all_finite(const float* values, int64_t count);

}  // namespace longattn::attention
