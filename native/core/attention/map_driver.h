// Runs a map kernel over the chosen heads and all row blocks of a problem.
#pragma once

#include "attention/row_block.h"
#include "attention_maps.h"

namespace longattn::attention {

// As attention_map(), by this kernel.
std::vector<std::vector<float>> run_map(const RowKernel& kernel, const AttentionProblem& problem, int64_t blocks,
                                        const MapOptions& options);

}  // namespace longattn::attention
