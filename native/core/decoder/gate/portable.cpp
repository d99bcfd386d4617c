// Gates on every CPU.
#include <cmath>

#include "decoder/gate/kernel.h"

namespace longattn::gate {
namespace {

template <bool kTimesX>
void loop(float linear, float cubic, int64_t count, float* x, const float* up) {
  for (int64_t i = 0; i < count; ++i) {
    const float gate = 1 + std::exp(-x[i] * (linear + cubic * x[i] * x[i]));
    x[i] = (kTimesX ? x[i] : 1) / gate * (up == nullptr ? 1 : up[i]);
  }
}

}  // namespace

const Kernel& portable_kernel() {
  static const Kernel kernel = {loop<true>, loop<false>};
  return kernel;
}

}  // namespace longattn::gate
