// Gathers what `longattn doctor` prints of the processor.
#include "cpu_info.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "attention_stats.h"
#include "error.h"
#include "operation.h"
#include "simd/cpu_features.h"

namespace longattn::addon {
namespace {

Napi::Array strings(Napi::Env env, const std::vector<std::string>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); ++i) array.Set(i, values[i]);
  return array;
}

std::vector<std::string> features() {
  std::vector<std::string> names;
  if (simd::cpu_has_avx2_fma()) names.insert(names.end(), {"avx2", "fma"});
  if (simd::cpu_has_avx512()) names.insert(names.end(), {"avx512f", "avx512bw", "avx512dq", "avx512vl"});
  if (simd::cpu_has_avx512_bf16()) names.push_back("avx512_bf16");
  return names;
}

}  // namespace

Napi::Object cpu_info(Napi::Env env) {
  Napi::Object info = Napi::Object::New(env);
  try {
    info.Set("kernel", attention_kernel());
  } catch (const std::invalid_argument& error) {
    throw coded_error(env, kInvalidRequest, error.what());
  }
  info.Set("kernels", strings(env, attention_kernels()));
  info.Set("features", strings(env, features()));
  return info;
}

}  // namespace longattn::addon
