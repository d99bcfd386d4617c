// __builtin_cpu_supports also asks xgetbv, so a CPU whose AVX-512 is switched off by the kernel answers no.
#include "attention/cpu_features.h"

#include <cstring>

#include "wish.h"

namespace longattn::attention {
namespace {

bool made_by_amd() {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
  return __builtin_cpu_is("amd");
#else
  return false;
#endif
}

}  // namespace

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

bool cpu_has_avx2_fma() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && cpu_has_avx2_fma();
}

bool cpu_has_avx512_bf16() {
  return cpu_has_avx512() && __builtin_cpu_supports("avx512bf16");
}

#else

bool cpu_has_avx2_fma() {
  return false;
}
bool cpu_has_avx512() {
  return false;
}
bool cpu_has_avx512_bf16() {
  return false;
}

#endif

VectorWidth vector_width() {
  const char* wanted = wish(kCpuKernelVariable);
  const auto is = [&](const char* name) { return wanted != nullptr && std::strcmp(wanted, name) == 0; };
  if (is("portable") || is("reference") || !cpu_has_avx2_fma()) return VectorWidth::none;
  return is("avx2") || !cpu_has_avx512() ? VectorWidth::avx2 : VectorWidth::avx512;
}

bool bf16_products() {
  const char* wanted = wish(kCpuKernelVariable);
  const bool free = wanted == nullptr || *wanted == '\0';
  return cpu_has_avx512_bf16() && (free ? made_by_amd() : std::strcmp(wanted, "avx512bf16") == 0);
}

}  // namespace longattn::attention
