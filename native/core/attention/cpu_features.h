// The choice of simd/cpu_kernel.h as dispatch.cpp and the decoder's attention ask for it.
#pragma once

#include "simd/cpu_features.h"
#include "simd/cpu_kernel.h"

namespace longattn::attention {

using simd::cpu_has_amx_bf16, simd::cpu_has_avx2_fma, simd::cpu_has_avx512, simd::cpu_has_avx512_bf16;

enum class VectorWidth { none, neon, avx2, avx512 };
inline VectorWidth vector_width() {
  switch (simd::choose_cpu_kernel().vectors) {
    case simd::CpuKernel::avx512:
      return VectorWidth::avx512;
    case simd::CpuKernel::avx2:
      return VectorWidth::avx2;
    case simd::CpuKernel::neon:
      return VectorWidth::neon;
    default:
      return VectorWidth::none;
  }
}
inline bool bf16_tiles() {
  return simd::choose_cpu_kernel().bf16_tiles;
}

}  // namespace longattn::attention
