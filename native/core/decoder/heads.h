// From a layer's normed input to its rotated Q and K, and to V. Internal: includes torch.
#pragma once

#include "attention_stats.h"
#include "decoder/aten.h"
#include "decoder/layer_config.h"
#include "decoder/weights.h"
#include "layer_provider.h"

namespace longattn {

struct Heads {
  at::Tensor q;  // [L, H, d] float32
  at::Tensor k;  // [L, Hkv, d] float32
  at::Tensor v;  // [L, Hkv, dv] float32, undefined if not asked for
};

// `positions` [L] or undefined: row of x that position n has. Undefined: row n. (Layer 0 projects each distinct token
// once.)
Heads project_heads(const AttentionConfig& config, const LayerWeights& weights, const at::Tensor& x,
                    const at::Tensor& positions, const ProviderOptions& options);

// Hands rows of the tensors to a kernel.
class TensorHeads : public HeadSource {
 public:
  explicit TensorHeads(const Heads& heads) : heads_(heads) {}
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override;
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override;

 private:
  const Heads& heads_;
};

}  // namespace longattn
