// The row kernel for every CPU.
#pragma once

#include "row_block.h"

namespace longattn::attention {

const RowKernel& portable_kernel();

}  // namespace longattn::attention
