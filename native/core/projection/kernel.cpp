// A kernel a width of vectors.
#include "projection/kernel.h"

#include "attention/cpu_features.h"

namespace longattn::projection {
namespace {

constexpr Kernel kPortable{tile_portable, pack_portable, false};
#if defined(__x86_64__)
constexpr Kernel kAvx2{tile_avx2, pack_avx2, true};
constexpr Kernel kAvx512{tile_avx512, pack_avx2, true};  // a transposition is bound by memory, not by its width
#elif defined(__aarch64__)
constexpr Kernel kNeon{tile_neon, pack_portable, true};
#endif

}  // namespace

const Kernel& kernel() {
#if defined(__x86_64__)
  const attention::VectorWidth width = attention::vector_width();
  if (width == attention::VectorWidth::avx512) return kAvx512;
  if (width == attention::VectorWidth::avx2) return kAvx2;
#elif defined(__aarch64__)
  if (attention::vector_width() == attention::VectorWidth::neon) return kNeon;
#endif
  return kPortable;
}

}  // namespace longattn::projection
