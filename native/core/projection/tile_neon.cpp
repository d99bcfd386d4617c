// NEON, which every ARM64 processor has: 6 rows x 4 vectors in 24 of the 32 registers, a quarter of the panel at a
// time.
#include <arm_neon.h>

#include "projection/tile_loop.h"

namespace longattn::projection {
namespace {

struct Neon {
  using Register = float32x4_t;
  static constexpr int kWidth = 4;
  static Register zero() { return vdupq_n_f32(0); }
  static Register load(const float* from) { return vld1q_f32(from); }
  static void store(float* to, Register value) { vst1q_f32(to, value); }
  static Register broadcast(float value) { return vdupq_n_f32(value); }
  static Register add(Register a, Register b) { return vaddq_f32(a, b); }
  static Register fma(Register a, Register b, Register c) { return vfmaq_f32(c, a, b); }
};

}  // namespace

void tile_neon(const float* x, int64_t x_stride, int64_t rows, const float* panel, int64_t inputs, float* out,
               int64_t out_stride) {
  tile<Neon, 6, 4>(x, x_stride, rows, panel, inputs, out, out_stride);
}

}  // namespace longattn::projection
