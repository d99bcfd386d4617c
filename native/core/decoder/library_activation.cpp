#include "decoder/library_activation.h"

namespace longattn {

void library_activate(Activation kind, at::Tensor x, const at::Tensor& up) {
  switch (kind) {
    case Activation::silu:
      at::silu_(x);
      break;
    case Activation::gelu:
      at::gelu_(x, "none");
      break;
    case Activation::gelu_tanh:
      at::gelu_(x, "tanh");
      break;
    case Activation::relu:
      at::relu_(x);
      break;
    case Activation::relu_squared:
      at::relu_(x).square_();
      break;
    case Activation::swiglu_clamped:
      x.clamp_max_(kGateLimit);
      x.mul_(at::sigmoid(x * kGateAlpha));
      break;
    case Activation::xielu:
      break;
  }
  if (up.defined()) x.mul_(up);
}

}  // namespace longattn
