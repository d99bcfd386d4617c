// What libtorch can do for the same sums, and the speed of its matrix products. Torch stays out of this header.
#pragma once

#include "random_window.h"

namespace longattn::bench {

constexpr int64_t kGemmSize = 2048;
inline double gemm_flops() {
  return 2.0 * kGemmSize * kGemmSize * kGemmSize;
}

void torch_threads(int threads);
void torch_sgemm();             // at::mm, one product of two 2048 x 2048 float32 matrices
void torch_sgemm_onednn();      // the same by at::mkldnn_linear, both matrices reordered before
void torch_bf16_gemm();         // the same as torch_sgemm in bf16
void torch_bf16_gemm_onednn();  // the same as torch_sgemm_onednn in bf16
bool torch_has_onednn();

// Sums over the rows of one head, as HeadStats has them.
struct FarSums {
  double mass = 0, squares = 0;
};

// Head 0 by tiles of at::mm and element-wise operations; runs all heads of the window.
FarSums torch_blocked(const RandomWindow& window);

// The same by logsumexps of flash attention: F_n = exp(lse_far - lse_all), squares by a doubled scale. Three calls.
FarSums torch_flash_logsumexp(const RandomWindow& window);

}  // namespace longattn::bench
