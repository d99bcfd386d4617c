// The activations that are a number times a sigmoid, and the sigmoid itself. No torch here.
//
// Not libtorch's: its vectors and the few numbers behind the last one are computed by different code, so that a
// number's last bits depend on where it stands, and so on the number of threads that share a tensor.
#pragma once

#include <cstdint>

namespace longattn::gate {

// x * sigmoid(linear * x + cubic * x^3).
struct Curve {
  float linear, cubic;
};
constexpr Curve kSilu{1, 0};
constexpr Curve kGptOss{1.702F, 0};
// 0.5 x (1 + tanh(y)) = x sigmoid(2 y), y = sqrt(2 / pi) (x + 0.044715 x^3); Hendrycks and Gimpel 2016,
// arXiv 1606.08415.
constexpr Curve kGeluTanh{1.59576912F, 0.0713548163F};

// x[i] becomes the curve's value there, times up[i] unless up is null. Relative error 2e-7, up to 1e-5 of what is
// nearly 0, far below. NaN stays NaN.
void multiply_gates(const Curve& curve, int64_t count, float* x, const float* up);
// x[i] becomes sigmoid(x[i]).
void sigmoids(int64_t count, float* x);

}  // namespace longattn::gate
