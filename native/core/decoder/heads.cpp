// Projection, clamp, norms and rotation, in the order of the family.
#include "decoder/heads.h"

#include <algorithm>

#include "decoder/feed_forward.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

// The query, through its latent where there is one: [n, H * d].
at::Tensor queries(Backend& backend, const LayerAttention& config, const LayerWeights& weights, const at::Tensor& x,
                   const ProviderOptions& options, int threads) {
  if (!weights.q_latent.weight.defined()) return project(backend, weights.q, x, options);
  const at::Tensor latent = project(backend, weights.q_latent, x, options);
  backend.norm_rows(config.q_latent_norm, latent, latent, threads);
  return project(backend, weights.q, latent, options);
}

// The key and value, through their latent.
ProjectedRows latent_keys(Backend& backend, const LayerAttention& config, const LayerWeights& weights,
                          const at::Tensor& x, const ProviderOptions& options, int threads) {
  const AttentionConfig& base = config.base;
  const int64_t rows = x.size(0), rope = config.latent_rope_dim;
  const at::Tensor latent = project(backend, weights.k_latent, x, options);
  backend.norm_rows(config.k_latent_norm, latent, latent, threads);
  const at::Tensor plain = project(backend, weights.k, latent, options).view({rows, base.heads, base.dim - rope});
  const at::Tensor shared = project(backend, weights.k_rope, x, options).unsqueeze(1).expand({rows, base.heads, rope});
  ProjectedRows result;
  result.k = at::cat({plain, shared}, 2).view({rows, base.heads * base.dim});
  if (weights.v.weight.defined()) result.v = project(backend, weights.v, latent, options);
  return result;
}

// One norm over all heads of a row, or one a head.
void norm_queries_and_keys(Backend& backend, const LayerAttention& config, const ProjectedRows& rows, int threads) {
  const AttentionConfig& base = config.base;
  if (base.qk_norm_full) {
    backend.norm_rows(config.q_norm.norm, rows.q, rows.q, threads);
    backend.norm_rows(config.k_norm.norm, rows.k, rows.k, threads);
  } else {
    backend.norm_heads(config.q_norm, rows.q, base.heads, threads);
    backend.norm_heads(config.k_norm, rows.k, base.kv_heads, threads);
  }
}

}  // namespace

ProjectedRows project_rows(Backend& backend, const LayerAttention& config, const LayerWeights& weights,
                           const at::Tensor& x, const ProviderOptions& options) {
  const AttentionConfig& base = config.base;
  const int threads = thread_count(options.threads);
  const at::Tensor q = queries(backend, config, weights, x, options, threads);
  ProjectedRows rows;
  if (config.latent) {
    rows = latent_keys(backend, config, weights, x, options, threads);
  } else {
    rows.k = project(backend, weights.k, x, options);
    if (weights.v.weight.defined()) rows.v = project(backend, weights.v, x, options);
  }
  rows.q = q;
  if (base.clip > 0) {
    for (at::Tensor* tensor : {&rows.q, &rows.k, &rows.v}) {
      if (tensor->defined()) tensor->clamp_(-base.clip, base.clip);
    }
  }
  if (!base.qk_norm_after) norm_queries_and_keys(backend, config, rows, threads);
  return rows;
}

Heads place_heads(Backend& backend, const LayerAttention& config, ProjectedRows rows, const at::Tensor& positions,
                  const ProviderOptions& options) {
  const AttentionConfig& base = config.base;
  const int threads = thread_count(options.threads);
  if (positions.defined()) {
    for (at::Tensor* tensor : {&rows.q, &rows.k, &rows.v}) {
      if (tensor->defined()) *tensor = tensor->index_select(0, positions);
    }
  }
  const int64_t length = rows.q.size(0);
  if (base.rope.type != RopeConfig::Type::none) backend.rotate(base, rows.q, rows.k, threads);
  if (base.qk_norm_after) norm_queries_and_keys(backend, config, rows, threads);
  Heads heads{rows.q.view({length, base.heads, base.dim}), rows.k.view({length, base.kv_heads, base.dim}), {}};
  if (rows.v.defined()) heads.v = rows.v.contiguous().view({length, base.kv_heads, rows.v.size(1) / base.kv_heads});
  return heads;
}

AttentionValues attention_values_of(const Heads& heads, int64_t near, const at::Tensor& out) {
  AttentionValues values;
  values.v = heads.v.const_data_ptr<float>();
  values.dim = heads.v.size(2);
  values.near = near;
  values.out = out.mutable_data_ptr<float>();
  return values;
}

namespace {

void copy_rows(const at::Tensor& x, int64_t head, int64_t row, int64_t count, float* out) {
  const int64_t heads = x.size(1), dim = x.size(2);
  const float* from = x.const_data_ptr<float>() + (row * heads + head) * dim;
  for (int64_t i = 0; i < count; ++i) std::copy_n(from + i * heads * dim, dim, out + i * dim);
}

}  // namespace

void TensorHeads::prepare_group(int64_t kv_head) {
  if (heads_.q.device().is_cpu()) return;
  copied_ = kv_head;
  q_copy_ = heads_.q.narrow(1, kv_head * group_, group_).cpu().contiguous();
  k_copy_ = heads_.k.narrow(1, kv_head, 1).cpu().contiguous();
}

void TensorHeads::queries(int64_t head, int64_t row, int64_t count, float* out) const {
  if (q_copy_.defined()) return copy_rows(q_copy_, head - copied_ * group_, row, count, out);
  copy_rows(heads_.q, head, row, count, out);
}

void TensorHeads::keys(int64_t kv_head, int64_t row, int64_t count, float* out) const {
  if (k_copy_.defined()) return copy_rows(k_copy_, kv_head - copied_, row, count, out);
  copy_rows(heads_.k, kv_head, row, count, out);
}

}  // namespace longattn
