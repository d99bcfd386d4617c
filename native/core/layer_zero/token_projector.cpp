// Blocks of rows: embedding and norm row by row, then the products of the block, then what follows them row by row.
#include "layer_zero/token_projector.h"

#include <algorithm>

#include "attention_stats.h"
#include "checkpoint/mapped_tensor.h"
#include "error.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

constexpr int64_t kBlockBytes = int64_t{4} << 20;  // of normalised input rows
constexpr int64_t kMinBlockRows = 2 * projection::kMaxRows;
constexpr int64_t kMaxBlockRows = 1024;

// Rows of Q and K in the order of the groups: group() query heads, then the key head.
template <typename Query, typename Key>
void for_group_row(const AttentionConfig& config, int64_t group, int64_t row, const Query& query, const Key& key) {
  const int64_t query_rows = config.group() * config.dim;
  if (row < query_rows) {
    query(group * query_rows + row);
  } else {
    key(group * config.dim + row - query_rows);
  }
}

projection::PackedMatrix pack_weights(const SpecReader& reader, const AttentionConfig& config,
                                      const std::atomic<bool>* cancel) {
  const MappedTensor q(reader.required_layer_tensor("q"), config.heads * config.dim, config.hidden);
  const MappedTensor k(reader.required_layer_tensor("k"), config.kv_heads * config.dim, config.hidden);
  const std::vector<int64_t> parts(static_cast<size_t>(config.kv_heads), config.group_rows());
  const bool as_stored = q.spec().dtype == k.spec().dtype && !is_quantized(q.spec().dtype);
  const DType type = as_stored ? q.spec().dtype : DType::f32;
  projection::PackedMatrix packed(type, config.hidden, parts, [&](int64_t part, int64_t row, float* out) {
    poll(cancel);
    for_group_row(config, part, row, [&](int64_t r) { q.read_row(r, out); }, [&](int64_t r) { k.read_row(r, out); });
  });
  return packed;
}

std::vector<float> pack_biases(const SpecReader& reader, const AttentionConfig& config) {
  const TensorSpec* q = reader.layer_tensor("q.bias");
  const TensorSpec* k = reader.layer_tensor("k.bias");
  if (q == nullptr && k == nullptr) return {};
  const std::vector<float> q_bias = q == nullptr ? std::vector<float>(config.heads * config.dim)
                                                 : MappedTensor(*q, config.heads * config.dim, 1).read_all();
  const std::vector<float> k_bias = k == nullptr ? std::vector<float>(config.kv_heads * config.dim)
                                                 : MappedTensor(*k, config.kv_heads * config.dim, 1).read_all();
  std::vector<float> bias;
  for (int64_t group = 0; group < config.kv_heads; ++group) {
    for (int64_t row = 0; row < config.group_rows(); ++row) {
      for_group_row(
          config, group, row, [&](int64_t r) { bias.push_back(q_bias[r]); },
          [&](int64_t r) { bias.push_back(k_bias[r]); });
    }
  }
  return bias;
}

}  // namespace

TokenProjector::TokenProjector(const ModelSpec& spec, const AttentionConfig& config,
                               std::shared_ptr<const Embedding> embedding, const std::atomic<bool>* cancel)
    : config_(config), embedding_(std::move(embedding)), weights_(pack_weights(SpecReader(spec, 0), config, cancel)) {
  const SpecReader reader(spec, 0);
  if (embedding_->width() != config_.hidden)
    throw Error(kModelInvalid, "model spec: the lookup of layer 0 takes an embedding as wide as the model.");
  input_norm_ =
      read_norm(reader, "norm", reader.layer_tensor("norm"), reader.layer_tensor("norm.bias"), config_.hidden);
  q_norm_ = read_head_norm(reader, "q_norm", config_.heads, config_.dim, config_.qk_norm_full);
  k_norm_ = read_head_norm(reader, "k_norm", config_.kv_heads, config_.dim, config_.qk_norm_full);
  bias_ = pack_biases(reader, config_);
  block_rows_ = std::clamp(kBlockBytes / (config_.hidden * 4), kMinBlockRows, kMaxBlockRows);
}

void TokenProjector::input_row(const TokenAt& at, float* out) const {
  embedding_->row(at.token, out);
  if (embedding_->by_position()) embedding_->add_position(at.position, out);
  input_norm_(out, config_.hidden);
}

void TokenProjector::multiply_block(const TokenAt* rows, int64_t count, int64_t first_group, int64_t groups,
                                    int threads, const std::function<float*(int64_t)>& out) const {
  std::vector<float> x(static_cast<size_t>(count * config_.hidden));
  parallel_rows(count, threads, [&](int64_t i) { input_row(rows[i], x.data() + i * config_.hidden); });
  for (int64_t g = 0; g < groups; ++g) {
    weights_.multiply(first_group + g, x.data(), count, threads,
                      [&](int64_t i) { return out(i) + g * config_.group_rows(); });
  }
  parallel_rows(count, threads, [&](int64_t i) { add_bias_and_clip(out(i), first_group, groups); });
}

void TokenProjector::project(const TokenAt* rows, int64_t count, int64_t first_group, int64_t groups,
                             const FullMoments* moments, int threads, const std::function<float*(int64_t)>& out) const {
  for (int64_t first = 0; first < count; first += block_rows_) {
    const int64_t block = std::min(block_rows_, count - first);
    const auto out_row = [&](int64_t i) { return out(first + i); };
    multiply_block(rows + first, block, first_group, groups, threads, out_row);
    parallel_rows(block, threads, [&](int64_t i) {
      norm_before(out_row(i), first_group, groups, moments == nullptr ? nullptr : moments + first + i);
    });
  }
}

void TokenProjector::add_bias_and_clip(float* row, int64_t first_group, int64_t groups) const {
  const int64_t count = row_floats(groups);
  if (!bias_.empty()) {
    const float* bias = bias_.data() + row_floats(first_group);
    for (int64_t i = 0; i < count; ++i) row[i] += bias[i];
  }
  if (config_.clip > 0) {
    const auto limit = static_cast<float>(config_.clip);
    for (int64_t i = 0; i < count; ++i) row[i] = std::clamp(row[i], -limit, limit);
  }
}

void TokenProjector::norm_before(float* row, int64_t first_group, int64_t groups, const FullMoments* moments) const {
  if (q_norm_.norm.kind() == RowNorm::Kind::none || config_.qk_norm_after) return;
  const int64_t dim = config_.dim;
  FullMoments full;
  if (config_.qk_norm_full) full = moments != nullptr ? *moments : full_moments(row);
  for (int64_t g = 0; g < groups; ++g) {
    for (int64_t h = 0; h <= config_.group(); ++h) {
      const bool key = h == config_.group();
      const int64_t head = key ? first_group + g : (first_group + g) * config_.group() + h;
      const HeadNorm& norm = key ? k_norm_ : q_norm_;
      float* head_row = row + g * config_.group_rows() + h * dim;
      if (config_.qk_norm_full) {
        norm.norm.apply(key ? full.k : full.q, head_row, dim, head * dim);
      } else {
        norm.apply(head_row, head, dim);
      }
    }
  }
}

TokenProjector::FullMoments TokenProjector::full_moments(const float* row) const {
  std::vector<float> q, k;
  for (int64_t g = 0; g < config_.kv_heads; ++g) {
    const float* group = row + g * config_.group_rows();
    const float* key = group + config_.group() * config_.dim;
    q.insert(q.end(), group, key);
    k.insert(k.end(), key, key + config_.dim);
  }
  return {q_norm_.norm.moments(q.data(), static_cast<int64_t>(q.size())),
          k_norm_.norm.moments(k.data(), static_cast<int64_t>(k.size()))};
}

void TokenProjector::moments(const TokenAt* rows, int64_t count, int threads, FullMoments* out) const {
  const int64_t width = row_floats(config_.kv_heads);
  std::vector<float> products(static_cast<size_t>(std::min(count, block_rows_) * width));
  const auto product = [&](int64_t i) { return products.data() + i * width; };
  for (int64_t first = 0; first < count; first += block_rows_) {
    const int64_t block = std::min(block_rows_, count - first);
    multiply_block(rows + first, block, 0, config_.kv_heads, threads, product);
    parallel_rows(block, threads, [&](int64_t i) { out[first + i] = full_moments(product(i)); });
  }
}

void TokenProjector::query_norm_after(int64_t head, float* row) const {
  if (config_.qk_norm_after) q_norm_.apply(row, head, config_.dim);
}

void TokenProjector::key_norm_after(int64_t kv_head, float* row) const {
  if (config_.qk_norm_after) k_norm_.apply(row, kv_head, config_.dim);
}

}  // namespace longattn
