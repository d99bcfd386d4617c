// The attention kernel in AVX-512, compiled with its flags.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

using Vectors = FloatVectors<64, 4>;

}  // namespace

const Kernel& avx512_kernel() {
  static const Kernel kernel = {"avx512", Tile<Vectors>::kColumns, Vectors::kNumbers, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
