// The attention kernel in vectors of four floats, which every processor of today has.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

struct Vectors {
  typedef float Vec __attribute__((vector_size(16)));
  typedef int32_t Int __attribute__((vector_size(16)));
  static constexpr int kVectors = 2;
};

}  // namespace

const Kernel& portable_kernel() {
  static const Kernel kernel = {"portable", Tile<Vectors>::kColumns, 1, 1, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
