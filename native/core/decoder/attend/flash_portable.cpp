// The attention kernel in vectors of four floats, which every processor of today has.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

using Vectors = FloatVectors<16, 2>;

}  // namespace

const Kernel& portable_kernel() {
  static const Kernel kernel = {"portable", Tile<Vectors>::kColumns, Vectors::kNumbers, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
