// Which of the CPU's kernels to use: one answer for attention, projections and decoder, by LONGATTN_CPU_KERNEL.
#pragma once

#include <vector>

namespace longattn::simd {

// By instruction set; those before avx512bf16 round nothing. The reference computes in float64.
enum class CpuKernel { reference, portable, neon, avx2, avx512, avx512bf16 };

const char* name_of(CpuKernel kernel);

// Those that this CPU can run, fastest exact one first.
std::vector<CpuKernel> usable_cpu_kernels();

struct CpuChoice {
  CpuKernel kernel;   // the one that the variable names, else the fastest exact one
  CpuKernel vectors;  // of code with neither a reference nor bf16 factors: portable, neon, avx2 or avx512
  // Of products whose factors may be rounded to bf16: take AMX tiles. Not where the variable names a kernel that rounds
  // nothing. AVX-512-BF16 alone is no gain on every maker's processors: on Intel's it is slower than floats.
  bool bf16_tiles;
};

// Throws std::invalid_argument, with the names that are allowed, if the variable names none of usable_cpu_kernels(). A
// program that has called keep_wishes() and asks when it opens a model is told there: later answers are the same.
CpuChoice choose_cpu_kernel();

}  // namespace longattn::simd
