// A kernel a width of vectors.
#include "projection/kernel.h"

#include "simd/cpu_kernel.h"

namespace longattn::projection {
namespace {

constexpr Kernel kPortable{tile_portable, pack_portable, false};
#if defined(__x86_64__)
constexpr Kernel kAvx2{tile_avx2, pack_avx2, true};
constexpr Kernel kAvx512{tile_avx512, pack_avx2, true};
#elif defined(__aarch64__)
constexpr Kernel kNeon{tile_neon, pack_portable, true};
#endif

}  // namespace

const Kernel& kernel() {
  switch (simd::choose_cpu_kernel().vectors) {
#if defined(__x86_64__)
    case simd::CpuKernel::avx512:
      return kAvx512;
    case simd::CpuKernel::avx2:
      return kAvx2;
#elif defined(__aarch64__)
    case simd::CpuKernel::neon:
      return kNeon;
#endif
    default:
      return kPortable;
  }
}

}  // namespace longattn::projection
