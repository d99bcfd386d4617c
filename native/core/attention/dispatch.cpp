// The calls of attention_stats.h and attention_maps.h by the kernel that simd/cpu_kernel.h chooses.
#include "attention/driver.h"
#include "attention/hand_kernels.h"
#include "attention/map_driver.h"
#include "attention/portable.h"
#include "attention_maps.h"
#include "simd/cpu_kernel.h"

namespace longattn {
namespace {

using simd::CpuKernel;

// By a kernel of its own the reference has nothing.
const attention::RowKernel& row_kernel(CpuKernel kernel) {
  switch (kernel) {
#ifdef LONGATTN_X86_KERNELS
    case CpuKernel::avx512:
      return attention::avx512_kernel();
    case CpuKernel::avx2:
      return attention::avx2_kernel();
    case CpuKernel::avx512bf16:
      return attention::avx512bf16_kernel();
#endif
#ifdef __aarch64__
    case CpuKernel::neon:
      return attention::neon_kernel();
#endif
    default:
      return attention::portable_kernel();
  }
}

}  // namespace

AttentionStats attention_stats_portable(const AttentionProblem& problem, const AttentionOptions& options) {
  return attention::run_kernel(attention::portable_kernel(), problem, options);
}

AttentionStats attention_stats(const AttentionProblem& problem, const AttentionOptions& options) {
  const CpuKernel kernel = simd::choose_cpu_kernel().kernel;
  if (kernel == CpuKernel::reference) return attention_stats_reference(problem, options);
  return attention::run_kernel(row_kernel(kernel), problem, options);
}

void attention_values(const AttentionProblem& problem, AttentionValues& values, int threads,
                      const std::atomic<bool>* cancel) {
  attention::run_values(row_kernel(simd::choose_cpu_kernel().vectors), problem, values, threads, cancel);
}

std::vector<std::vector<float>> attention_map(const AttentionProblem& problem, int64_t blocks,
                                              const MapOptions& options) {
  const CpuKernel kernel = simd::choose_cpu_kernel().kernel;
  if (kernel == CpuKernel::reference) return attention_map_reference(problem, blocks, options);
  return attention::run_map(row_kernel(kernel), problem, blocks, options);
}

std::vector<std::string> attention_kernels() {
  std::vector<std::string> names;
  for (const CpuKernel kernel : simd::usable_cpu_kernels()) names.emplace_back(simd::name_of(kernel));
  return names;
}

std::string attention_kernel() {
  return simd::name_of(simd::choose_cpu_kernel().kernel);
}

}  // namespace longattn
