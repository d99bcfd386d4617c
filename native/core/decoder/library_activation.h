// Activations by torch's operators, on any device. Internal: includes torch.
#pragma once

#include "device/aten.h"
#include "layer/layer_config.h"

namespace longattn {

constexpr double kGateAlpha = 1.702;  // gpt_oss
constexpr double kGateLimit = 7;

// x becomes its activation, times `up` where that is defined. Not xielu, which wants numbers of the layer.
void library_activate(Activation kind, at::Tensor x, const at::Tensor& up);

}  // namespace longattn
