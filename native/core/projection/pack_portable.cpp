// Every CPU: a row at a time, some of it widened at a time.
#include <algorithm>

#include "checkpoint/float_convert.h"
#include "projection/pack.h"
#include "projection/tile.h"

namespace longattn::projection {

void pack_portable(Stored type, const void* rows, int64_t stride, int64_t count, int64_t inputs, float* panel) {
  const DType dtype = type == Stored::f32 ? DType::f32 : type == Stored::bf16 ? DType::bf16 : DType::f16;
  const auto* bytes = static_cast<const unsigned char*>(rows);
  for (int64_t r = 0; r < kPanel; ++r) {
    for (int64_t first = 0; first < inputs; first += kInputBlock) {
      const int64_t some = std::min(kInputBlock, inputs - first);
      float wide[kInputBlock] = {};
      if (r < count) to_float32(dtype, bytes + bytes_of(dtype, r * stride + first), some, wide);
      for (int64_t i = 0; i < some; ++i) panel[(first + i) * kPanel + r] = wide[i];
    }
  }
}

}  // namespace longattn::projection
