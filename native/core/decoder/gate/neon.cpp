// Gates in NEON, compiled with its flags.
#include "simd/neon.h"

#include "decoder/gate/kernel.h"
#include "decoder/gate/loop.h"

namespace longattn {
namespace gate {

const Kernel& neon_kernel() {
  static const Kernel kernel = {loop<simd::Neon, true>, loop<simd::Neon, false>};
  return kernel;
}

}  // namespace gate
}  // namespace longattn
