// The attention kernel in AVX-512, compiled with its flags.
#include "decoder/attend/flash_tile.h"

namespace longattn {
namespace flash {
namespace {

struct Vectors {
  typedef float Vec __attribute__((vector_size(64)));
  typedef int32_t Int __attribute__((vector_size(64)));
  static constexpr int kVectors = 4;
};

}  // namespace

const Kernel& avx512_kernel() {
  static const Kernel kernel = {"avx512", Tile<Vectors>::kColumns, 1, 1, Tile<Vectors>::run};
  return kernel;
}

}  // namespace flash
}  // namespace longattn
