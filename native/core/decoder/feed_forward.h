// Linear layers, MLPs and mixtures of experts. Internal: includes torch.
#pragma once

#include "decoder/backend.h"

namespace longattn {

// x [n, in] float32 -> [n, out] float32; the product is computed in the weight's type.
at::Tensor project(Backend& backend, const Linear& linear, const at::Tensor& x, const ProviderOptions& options);

// x [n, hidden] float32 -> [n, hidden] float32.
at::Tensor feed_forward(Backend& backend, const BlockConfig& block, const LayerWeights& weights, const at::Tensor& x,
                        const ProviderOptions& options);

}  // namespace longattn
