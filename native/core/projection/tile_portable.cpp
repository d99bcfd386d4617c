// Every CPU: the compiler vectorises over the panel's outputs. Multiplication and addition round separately here.
#include <algorithm>

#include "projection/tile.h"

namespace longattn::projection {

void tile_portable(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
                   int64_t out_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    float* to = out + r * out_stride;
    std::fill(to, to + kPanel, 0.0f);
    for (int64_t first = 0; first < inputs; first += kInputBlock) {
      float sum[kPanel] = {};
      for (int64_t i = first; i < std::min(first + kInputBlock, inputs); ++i) {
        const float value = x[r * x_stride + i];
        for (int64_t o = 0; o < kPanel; ++o) sum[o] += value * panel[i * kPanel + o];
      }
      for (int64_t o = 0; o < kPanel; ++o) to[o] += sum[o];
    }
  }
}

}  // namespace longattn::projection
