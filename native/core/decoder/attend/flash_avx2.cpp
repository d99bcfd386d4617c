// The attention kernel in AVX2 and FMA, compiled with their flags.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

struct Vectors {
  typedef float Vec __attribute__((vector_size(32)));
  typedef int32_t Int __attribute__((vector_size(32)));
  static constexpr int kVectors = 2;
};

}  // namespace

const Kernel& avx2_kernel() {
  static const Kernel kernel = {"avx2", Tile<Vectors>::kColumns, 1, 1, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
