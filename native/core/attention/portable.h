// The kernels for every CPU.
#pragma once

#include "attention/row_block.h"

namespace longattn::attention {

const RowKernel& portable_kernel();
void portable_values(const ValueBlock& block);  // its run_values
void portable_map(const MapBlock& block);       // its run_map

}  // namespace longattn::attention
