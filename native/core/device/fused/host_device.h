// Lets the arithmetic of the kernel compile for the GPU and for the CPU, where the tests run it.
#pragma once

#include <math.h>
#include <stdint.h>

#ifdef __CUDACC__
#define LONGATTN_HD __host__ __device__ __forceinline__
#define LONGATTN_DEVICE_UNROLL _Pragma("unroll")  // registers are indexed by constants only
#else
#define LONGATTN_HD inline
#define LONGATTN_DEVICE_UNROLL
#endif

namespace longattn {
namespace device {

LONGATTN_HD int smaller(int a, int b) {
  return a < b ? a : b;
}

// 2^x, 0 below 2^-126: the special function unit on the GPU (2^-22 relative), the C library here.
LONGATTN_HD float power2(float x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return x < -126.0f ? 0.0f : exp2f(x);
#endif
}

}  // namespace device
}  // namespace longattn
