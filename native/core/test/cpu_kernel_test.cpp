// The one choice of a kernel: by the variable, and the same for everything that asks.
#include "simd/cpu_kernel.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "attention_stats.h"
#include "check.h"
#include "projection/matrix_product.h"
#include "simd/cpu_features.h"
#include "wish.h"

namespace {

using namespace longattn;
using simd::CpuKernel;

void test_default() {
  for (const char* unset : {static_cast<const char*>(nullptr), ""}) {
    if (unset != nullptr) setenv(kCpuKernelVariable, unset, 1);
    const simd::CpuChoice choice = simd::choose_cpu_kernel();
    CHECK(choice.kernel == simd::usable_cpu_kernels().front());
    CHECK(choice.kernel != CpuKernel::avx512bf16 && choice.kernel != CpuKernel::reference);
    CHECK(choice.vectors == choice.kernel);
    CHECK(choice.bf16_tiles == simd::cpu_has_amx_bf16());
  }
}

void test_named() {
  for (const CpuKernel kernel : simd::usable_cpu_kernels()) {
    setenv(kCpuKernelVariable, simd::name_of(kernel), 1);
    const simd::CpuChoice choice = simd::choose_cpu_kernel();
    CHECK_MESSAGE(choice.kernel == kernel, simd::name_of(kernel));
    CHECK(choice.vectors != CpuKernel::reference && choice.vectors != CpuKernel::avx512bf16);
    CHECK(choice.bf16_tiles == (kernel == CpuKernel::avx512bf16 && simd::cpu_has_amx_bf16()));
    CHECK(attention_kernel() == simd::name_of(kernel));
    CHECK(projection::has_vector_tile() == (choice.vectors != CpuKernel::portable));
  }
}

// Whoever asks first refuses it: a wrong name is nowhere taken for none.
void test_wrong_name() {
  setenv(kCpuKernelVariable, "sse9", 1);
  std::string message;
  try {
    simd::choose_cpu_kernel();
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.find("sse9") != std::string::npos && message.find("portable") != std::string::npos, message);
  CHECK_THROWS(attention_kernel(), std::invalid_argument);
  CHECK_THROWS(projection::has_vector_tile(), std::invalid_argument);
}

// What a model was opened with stays, whatever the environment says later.
void test_kept() {
  unsetenv(kCpuKernelVariable);
  keep_wishes();
  setenv(kCpuKernelVariable, "sse9", 1);
  CHECK(simd::choose_cpu_kernel().kernel == simd::usable_cpu_kernels().front());
}

}  // namespace

int main() {
  unsetenv(kCpuKernelVariable);
  test_default();
  test_named();
  test_wrong_name();
  test_kept();
  return check::exit_code();
}
