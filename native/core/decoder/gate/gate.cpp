#include "decoder/gate/gate.h"

#include "decoder/gate/kernel.h"
#include "simd/cpu_kernel.h"

namespace longattn::gate {
namespace {

const Kernel& kernel() {
  switch (simd::choose_cpu_kernel().vectors) {
#if defined(__x86_64__)
    case simd::CpuKernel::avx512:
      return avx512_kernel();
    case simd::CpuKernel::avx2:
      return avx2_kernel();
#elif defined(__aarch64__)
    case simd::CpuKernel::neon:
      return neon_kernel();
#endif
    default:
      return portable_kernel();
  }
}

}  // namespace

void multiply_gates(const Curve& curve, int64_t count, float* x, const float* up) {
  kernel().times_x(curve.linear, curve.cubic, count, x, up);
}

void sigmoids(int64_t count, float* x) {
  kernel().alone(1, 0, count, x, nullptr);
}

}  // namespace longattn::gate
