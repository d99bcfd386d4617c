// The variable is read by wish(): what a program that keeps its wishes has kept.
#include "simd/cpu_kernel.h"

#include <stdexcept>
#include <string>

#include "simd/cpu_features.h"
#include "wish.h"

namespace longattn::simd {
namespace {

struct Entry {
  CpuKernel kernel;
  const char* name;
  CpuKernel vectors;
};

// Fastest exact one first: what comes first of those that the CPU can run is the default.
constexpr Entry kEntries[] = {
    {CpuKernel::avx512, "avx512", CpuKernel::avx512},
    {CpuKernel::avx2, "avx2", CpuKernel::avx2},
    {CpuKernel::neon, "neon", CpuKernel::neon},
    {CpuKernel::portable, "portable", CpuKernel::portable},
    {CpuKernel::avx512bf16, "avx512bf16", CpuKernel::avx512},
    {CpuKernel::reference, "reference", CpuKernel::portable},
};

bool usable(CpuKernel kernel) {
  switch (kernel) {
    case CpuKernel::avx512:
      return cpu_has_avx512();
    case CpuKernel::avx2:
      return cpu_has_avx2_fma();
    case CpuKernel::avx512bf16:
      return cpu_has_avx512_bf16();
    case CpuKernel::neon:
#ifdef __aarch64__
      return true;
#else
      return false;
#endif
    default:
      return true;
  }
}

}  // namespace

const char* name_of(CpuKernel kernel) {
  for (const Entry& entry : kEntries)
    if (entry.kernel == kernel) return entry.name;
  return nullptr;
}

std::vector<CpuKernel> usable_cpu_kernels() {
  std::vector<CpuKernel> kernels;
  for (const Entry& entry : kEntries)
    if (usable(entry.kernel)) kernels.push_back(entry.kernel);
  return kernels;
}

CpuChoice choose_cpu_kernel() {
  const char* variable = wish(kCpuKernelVariable);
  const std::string wanted = variable == nullptr ? "" : variable;
  for (const Entry& entry : kEntries) {
    if (!usable(entry.kernel) || (!wanted.empty() && wanted != entry.name)) continue;
    const bool may_round = wanted.empty() || entry.kernel == CpuKernel::avx512bf16;
    return {entry.kernel, entry.vectors, may_round && cpu_has_amx_bf16()};
  }
  std::string allowed;
  for (const CpuKernel kernel : usable_cpu_kernels())
    allowed += std::string(allowed.empty() ? "" : ", ") + name_of(kernel);
  throw std::invalid_argument(std::string(kCpuKernelVariable) + " must name a kernel that this CPU can run (" +
                              allowed + "), not " + wanted + ". Unset it to use the fastest.");
}

}  // namespace longattn::simd
