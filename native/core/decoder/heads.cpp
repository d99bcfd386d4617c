// Projection, clamp, norms and rotation. Norms and rotation are those of the lookup path, in float64, so that both
// paths agree.
#include "decoder/heads.h"

#include <algorithm>

#include "decoder/feed_forward.h"
#include "parallel_rows.h"
#include "rope.h"

namespace longattn {
namespace {

void norm_rows(const RowNorm& norm, at::Tensor& x, int threads) {
  if (norm.kind() == RowNorm::Kind::none) return;
  const int64_t width = x.size(1);
  float* data = x.data_ptr<float>();
  parallel_rows(x.size(0), threads, [&](int64_t row) { norm(data + row * width, width); });
}

// x [n, heads * dim].
void norm_heads(const HeadNorm& norm, bool full, at::Tensor& x, int64_t heads, int64_t dim, int threads) {
  if (full) return norm_rows(norm.norm, x, threads);
  if (norm.norm.kind() == RowNorm::Kind::none) return;
  float* data = x.data_ptr<float>();
  parallel_rows(x.size(0), threads, [&](int64_t row) {
    for (int64_t h = 0; h < heads; ++h) {
      norm.norm(data + (row * heads + h) * dim, dim, norm.weights_per_head ? h * dim : 0);
    }
  });
}

void rotate(const RopeTable& rope, at::Tensor& x, int64_t heads, int64_t dim, int threads) {
  float* data = x.data_ptr<float>();
  parallel_rows(x.size(0), threads, [&](int64_t row) {
    for (int64_t h = 0; h < heads; ++h) rope.rotate(row, data + (row * heads + h) * dim);
  });
}

// The query, through its latent where there is one: [n, H * d].
at::Tensor queries(const AttentionConfig& config, const LayerWeights& weights, const at::Tensor& x,
                   const ProviderOptions& options, int threads) {
  if (!weights.q_latent.weight.defined()) return project(weights.q, x, options);
  at::Tensor latent = project(weights.q_latent, x, options);
  norm_rows(config.q_latent_norm, latent, threads);
  return project(weights.q, latent, options);
}

struct KeysAndValues {
  at::Tensor k, v;
};

KeysAndValues latent_keys(const AttentionConfig& config, const LayerWeights& weights, const at::Tensor& x,
                          const ProviderOptions& options, int threads) {
  const LayerZeroConfig& base = config.base;
  const int64_t rows = x.size(0), rope = config.latent_rope_dim;
  at::Tensor latent = project(weights.k_latent, x, options);
  norm_rows(config.k_latent_norm, latent, threads);
  const at::Tensor plain = project(weights.k, latent, options).view({rows, base.heads, base.dim - rope});
  const at::Tensor shared = project(weights.k_rope, x, options).unsqueeze(1).expand({rows, base.heads, rope});
  KeysAndValues result;
  result.k = at::cat({plain, shared}, 2).view({rows, base.heads * base.dim});
  if (weights.v.weight.defined()) result.v = project(weights.v, latent, options);
  return result;
}

}  // namespace

Heads project_heads(const AttentionConfig& config, const LayerWeights& weights, const at::Tensor& x,
                    const at::Tensor& positions, const ProviderOptions& options) {
  const LayerZeroConfig& base = config.base;
  const int threads = thread_count(options.threads);
  at::Tensor q = queries(config, weights, x, options, threads);
  KeysAndValues kv;
  if (config.latent) {
    kv = latent_keys(config, weights, x, options, threads);
  } else {
    kv.k = project(weights.k, x, options);
    if (weights.v.weight.defined()) kv.v = project(weights.v, x, options);
  }
  if (base.clip > 0) {
    for (at::Tensor* tensor : {&q, &kv.k, &kv.v}) {
      if (tensor->defined()) tensor->clamp_(-base.clip, base.clip);
    }
  }
  const auto norm = [&] {
    norm_heads(config.q_norm, base.qk_norm_full, q, base.heads, base.dim, threads);
    norm_heads(config.k_norm, base.qk_norm_full, kv.k, base.kv_heads, base.dim, threads);
  };
  if (!base.qk_norm_after) norm();
  if (positions.defined()) {
    for (at::Tensor* tensor : {&q, &kv.k, &kv.v}) {
      if (tensor->defined()) *tensor = tensor->index_select(0, positions);
    }
  }
  const int64_t length = q.size(0);
  if (base.rope.type != RopeConfig::Type::none) {
    const RopeTable rope(base.rope, length);
    rotate(rope, q, base.heads, base.dim, threads);
    rotate(rope, kv.k, base.kv_heads, base.dim, threads);
  }
  if (base.qk_norm_after) norm();
  Heads heads{q.view({length, base.heads, base.dim}), kv.k.view({length, base.kv_heads, base.dim}), {}};
  if (kv.v.defined()) heads.v = kv.v.contiguous().view({length, base.kv_heads, kv.v.size(1) / base.kv_heads});
  return heads;
}

namespace {

void copy_rows(const at::Tensor& x, int64_t head, int64_t row, int64_t count, float* out) {
  const int64_t heads = x.size(1), dim = x.size(2);
  const float* from = x.const_data_ptr<float>() + (row * heads + head) * dim;
  for (int64_t i = 0; i < count; ++i) std::copy_n(from + i * heads * dim, dim, out + i * dim);
}

}  // namespace

void TensorHeads::queries(int64_t head, int64_t row, int64_t count, float* out) const {
  copy_rows(heads_.q, head, row, count, out);
}

void TensorHeads::keys(int64_t kv_head, int64_t row, int64_t count, float* out) const {
  copy_rows(heads_.k, kv_head, row, count, out);
}

}  // namespace longattn
