// From a layer's normed input to its rotated Q and K, and to V. Internal: includes torch.
#pragma once

#include "attention_stats.h"
#include "decoder/backend.h"
#include "device/tensor_rows.h"

namespace longattn {

// What rows of a layer's input have as queries, keys and values wherever they stand: [n, H * d], [n, Hkv * d],
// [n, Hkv * dv] or undefined.
struct ProjectedRows {
  at::Tensor q, k, v;
};
ProjectedRows project_rows(Backend& backend, const LayerAttention& config, const LayerWeights& weights,
                           const at::Tensor& x, const ProviderOptions& options);

// `positions` [L] or undefined: row of `rows` that position n has. Undefined: row n, and the rows are overwritten.
// (Layer 0 projects each distinct token once.)
Heads place_heads(Backend& backend, const LayerAttention& config, ProjectedRows rows, const at::Tensor& positions,
                  const ProviderOptions& options);

// Of heads on the CPU; out [L, H * dv] float32.
AttentionValues attention_values_of(const Heads& heads, int64_t near, const at::Tensor& out);

// Hands rows of the tensors to a kernel; those on a device are copied to the CPU a head group at a time, unless the
// kernel takes the tensors themselves.
class TensorHeads : public HeadSource, public device::TensorRows {
 public:
  explicit TensorHeads(const Heads& heads) : heads_(heads), group_(heads.q.size(1) / heads.k.size(1)) {}
  void prepare_group(int64_t kv_head) override;
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override;
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override;
  const at::Tensor& query_rows() const override { return heads_.q; }
  const at::Tensor& key_rows() const override { return heads_.k; }

 private:
  const Heads& heads_;
  const int64_t group_;         // query heads a key head
  int64_t copied_ = 0;          // the key head of the copies
  at::Tensor q_copy_, k_copy_;  // [L, G, d], [L, 1, d] on the CPU; undefined where the tensors are there
};

}  // namespace longattn
