// A kernel a width of vectors.
#pragma once

#include <stdint.h>

namespace longattn {
namespace gate {

struct Kernel {
  void (*times_x)(float linear, float cubic, int64_t count, float* x, const float* up);
  void (*alone)(float linear, float cubic, int64_t count, float* x, const float* up);
};

const Kernel& portable_kernel();
const Kernel& avx2_kernel();    // needs AVX2 and FMA
const Kernel& avx512_kernel();  // needs AVX-512 F, DQ
const Kernel& neon_kernel();    // of every ARM64 processor

}  // namespace gate
}  // namespace longattn
