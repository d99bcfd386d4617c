// The same rule as for the attention of the decoder: see decoder/attend.cpp.
#include "projection/kernel.h"

#include <cstring>

#include "attention/cpu_features.h"
#include "wish.h"

namespace longattn::projection {
namespace {

constexpr Kernel kPortable{tile_portable, pack_portable, false};
#if defined(__x86_64__)
constexpr Kernel kAvx2{tile_avx2, pack_avx2, true};
constexpr Kernel kAvx512{tile_avx512, pack_avx2, true};  // a transposition is bound by memory, not by its width
#endif

}  // namespace

const Kernel& kernel() {
#if defined(__x86_64__)
  const char* forced = wish(kCpuKernelVariable);
  const auto is = [&](const char* name) { return forced != nullptr && std::strcmp(forced, name) == 0; };
  const bool portable = is("portable") || is("reference");
  if (!portable && !is("avx2") && attention::cpu_has_avx512()) return kAvx512;
  if (!portable && attention::cpu_has_avx2_fma()) return kAvx2;
#endif
  return kPortable;
}

}  // namespace longattn::projection
