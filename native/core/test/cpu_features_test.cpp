// What the processor is asked for, beside what the compiler's own run time finds.
#include "simd/cpu_features.h"

#include "check.h"

namespace {

using namespace longattn::simd;

void test_as_the_compiler_finds() {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
  __builtin_cpu_init();
  const auto is = [](int answer) { return answer != 0; };
  CHECK(cpu_has_avx2_fma() == (is(__builtin_cpu_supports("avx2")) && is(__builtin_cpu_supports("fma"))));
  CHECK(cpu_has_avx512() == (is(__builtin_cpu_supports("avx512f")) && is(__builtin_cpu_supports("avx512bw")) &&
                             is(__builtin_cpu_supports("avx512dq")) && is(__builtin_cpu_supports("avx512vl"))));
  CHECK(cpu_has_avx512_bf16() == is(__builtin_cpu_supports("avx512bf16")));
#else
  CHECK(!cpu_has_avx2_fma() && !cpu_has_avx512() && !cpu_has_avx512_bf16());
#endif
}

}  // namespace

int main() {
  test_as_the_compiler_finds();
  return check::exit_code();
}
