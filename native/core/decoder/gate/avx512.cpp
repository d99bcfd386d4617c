// Gates in AVX-512, compiled with its flags.
#include "simd/avx512.h"

#include "decoder/gate/kernel.h"
#include "decoder/gate/loop.h"

namespace longattn {
namespace gate {

const Kernel& avx512_kernel() {
  static const Kernel kernel = {loop<simd::Avx512, true>, loop<simd::Avx512, false>};
  return kernel;
}

}  // namespace gate
}  // namespace longattn
