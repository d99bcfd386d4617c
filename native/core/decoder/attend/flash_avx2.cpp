// The attention kernel in AVX2 and FMA, compiled with their flags.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

using Vectors = FloatVectors<32, 2>;

}  // namespace

const Kernel& avx2_kernel() {
  static const Kernel kernel = {"avx2", Tile<Vectors>::kColumns, Vectors::kNumbers, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
