// Gates in AVX2, compiled with its flags.
#include "simd/avx2.h"

#include "decoder/gate/kernel.h"
#include "decoder/gate/loop.h"

namespace longattn {
namespace gate {

const Kernel& avx2_kernel() {
  static const Kernel kernel = {loop<simd::Avx2, true>, loop<simd::Avx2, false>};
  return kernel;
}

}  // namespace gate
}  // namespace longattn
