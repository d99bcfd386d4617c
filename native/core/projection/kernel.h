// The instructions that the products use, chosen at run time.
#pragma once

#include "projection/tile.h"

namespace longattn::projection {

struct Kernel {
  Tile tile;
  Pack pack;
  bool vector;  // false: the portable one, which a library's product outruns
};

// The fastest of this CPU, or a slower one that LONGATTN_CPU_KERNEL names (portable, reference, avx2).
const Kernel& kernel();

}  // namespace longattn::projection
