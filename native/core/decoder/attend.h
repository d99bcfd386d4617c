// softmax(scale * Q K^T) V for the layers that are run, without an L x L matrix. Internal: includes torch.
#pragma once

#include "decoder/aten.h"
#include "decoder/layer_config.h"
#include "layer_provider.h"

namespace longattn {

// What a query sees besides the layer's own mask: with distance > 0, key i of query n only if n - i < distance or i < kSinkKeys.
struct NearMask {
  int64_t distance = 0;
};

// q [L, H, d], k [L, Hkv, d], v [L, Hkv, dv], all float32 -> [L, H * dv]. Polls for cancellation between blocks.
at::Tensor attend(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const NearMask& near, const ProviderOptions& options);

}  // namespace longattn
