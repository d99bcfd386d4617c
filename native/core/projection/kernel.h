// The instructions that the products use, chosen at run time.
#pragma once

#include "projection/pack.h"
#include "projection/tile.h"

namespace longattn::projection {

struct Kernel {
  Tile tile;
  Pack pack;
  bool vector;  // false: the portable one, which a library's product outruns
};

// What simd::choose_cpu_kernel() says.
const Kernel& kernel();

}  // namespace longattn::projection
