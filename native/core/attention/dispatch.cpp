// Picks the kernel at run time: the variable, else the fastest exact one that this CPU has.
#include "attention/cpu_features.h"
#include "attention/driver.h"
#include "attention/hand_kernels.h"
#include "attention/map_driver.h"
#include "attention/portable.h"
#include "attention_maps.h"
#include "wish.h"

namespace longattn {
namespace {

struct Entry {
  const char* name;
  bool usable;
  AttentionStats (*run)(const AttentionProblem&, const AttentionOptions&);
  std::vector<std::vector<float>> (*map)(const AttentionProblem&, int64_t blocks, const MapOptions&);
};

template <const attention::RowKernel& (*kernel)()>
AttentionStats run(const AttentionProblem& problem, const AttentionOptions& options) {
  return attention::run_kernel(kernel(), problem, options);
}

template <const attention::RowKernel& (*kernel)()>
std::vector<std::vector<float>> map(const AttentionProblem& problem, int64_t blocks, const MapOptions& options) {
  return attention::run_map(kernel(), problem, blocks, options);
}

std::vector<Entry> entries() {
  using namespace attention;
  return {
#ifdef LONGATTN_X86_KERNELS
      {"avx512", cpu_has_avx512(), run<avx512_kernel>, map<avx512_kernel>},
      {"avx2", cpu_has_avx2_fma(), run<avx2_kernel>, map<avx2_kernel>},
#endif
#ifdef __aarch64__
      {"neon", true, run<neon_kernel>, map<neon_kernel>},
#endif
      {"portable", true, attention_stats_portable, map<portable_kernel>},
#ifdef LONGATTN_X86_KERNELS
      // rounds its inputs: never the default
      {"avx512bf16", cpu_has_avx512_bf16(), run<avx512bf16_kernel>, map<avx512bf16_kernel>},
#endif
      {"reference", true, attention_stats_reference, attention_map_reference},
  };
}

Entry chosen() {
  const char* wanted = wish(kCpuKernelVariable);
  std::string allowed;
  for (const Entry& entry : entries()) {
    if (!entry.usable) continue;
    if (wanted == nullptr || *wanted == '\0' || entry.name == std::string(wanted)) return entry;
    allowed += std::string(allowed.empty() ? "" : ", ") + entry.name;
  }
  throw std::invalid_argument(std::string(kCpuKernelVariable) + " must name a kernel that this CPU can run (" +
                              allowed + "), not " + wanted + ". Unset it to use the fastest.");
}

}  // namespace

AttentionStats attention_stats_portable(const AttentionProblem& problem, const AttentionOptions& options) {
  return attention::run_kernel(attention::portable_kernel(), problem, options);
}

AttentionStats attention_stats(const AttentionProblem& problem, const AttentionOptions& options) {
  return chosen().run(problem, options);
}

std::vector<std::vector<float>> attention_map(const AttentionProblem& problem, int64_t blocks,
                                              const MapOptions& options) {
  return chosen().map(problem, blocks, options);
}

std::vector<std::string> attention_kernels() {
  std::vector<std::string> names;
  for (const Entry& entry : entries())
    if (entry.usable) names.push_back(entry.name);
  return names;
}

std::string attention_kernel() {
  return chosen().name;
}

}  // namespace longattn
