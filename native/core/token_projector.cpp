// Blocks of rows: embedding and norm row by row, then the products of the block, then what follows them row by row.
#include "token_projector.h"

#include <algorithm>

#include "error.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

constexpr int64_t kBlockBytes = int64_t{4} << 20;  // of normalised input rows
constexpr int64_t kMinBlockRows = 2 * projection::kMaxRows;
constexpr int64_t kMaxBlockRows = 1024;

const TensorSpec& required(const TensorSpec* spec, const char* role) {
  if (spec == nullptr) throw Error(kModelInvalid, std::string("model spec: the tensor ") + role + " is missing.");
  return *spec;
}

// Rows of Q and K in the order of the groups: group() query heads, then the key head.
template <typename Query, typename Key>
void for_group_row(const LayerZeroConfig& config, int64_t group, int64_t row, const Query& query, const Key& key) {
  const int64_t query_rows = config.group() * config.dim;
  if (row < query_rows) {
    query(group * query_rows + row);
  } else {
    key(group * config.dim + row - query_rows);
  }
}

projection::PackedMatrix pack_weights(const SpecReader& reader, const LayerZeroConfig& config) {
  const MappedTensor q(required(reader.layer_tensor("q"), "layers.0.q"), config.heads * config.dim, config.hidden);
  const MappedTensor k(required(reader.layer_tensor("k"), "layers.0.k"), config.kv_heads * config.dim, config.hidden);
  const std::vector<int64_t> parts(static_cast<size_t>(config.kv_heads), config.group_rows());
  const bool as_stored = q.spec().dtype == k.spec().dtype && !is_quantized(q.spec().dtype);
  const DType type = as_stored ? q.spec().dtype : DType::f32;
  projection::PackedMatrix packed(type, config.hidden, parts, [&](int64_t part, int64_t row, float* out) {
    for_group_row(config, part, row, [&](int64_t r) { q.read_row(r, out); }, [&](int64_t r) { k.read_row(r, out); });
  });
  return packed;
}

std::vector<float> pack_biases(const SpecReader& reader, const LayerZeroConfig& config) {
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

TokenProjector::HeadNorm TokenProjector::read_head_norm(const SpecReader& reader, const LayerZeroConfig& config,
                                                        const char* which, int64_t heads) {
  const TensorSpec* weight = reader.layer_tensor(which);
  const bool per_head =
      config.qk_norm_full || (weight != nullptr && weight->shape == std::vector<int64_t>{heads, config.dim});
  return {read_norm(reader, "qk_norm", weight, reader.layer_tensor(std::string(which) + ".bias"),
                    per_head ? heads * config.dim : config.dim),
          per_head};
}

TokenProjector::TokenProjector(const ModelSpec& spec, const LayerZeroConfig& config)
    : config_(config),
      embed_(required(SpecReader(spec, 0).tensor("embed"), "embed"), config.vocab, config.hidden),
      weights_(pack_weights(SpecReader(spec, 0), config)) {
  const SpecReader reader(spec, 0);
  embed_.expect_random_access();
  if (reader.flag("embed.norm")) {
    const auto read = [&](const char* role) {
      return MappedTensor(required(reader.tensor(role), role), config_.hidden, 1).read_all();
    };
    embed_norm_ =
        RowNorm(RowNorm::Kind::layer, reader.positive("norm.eps"), false, read("embed_norm"), read("embed_norm.bias"));
  }
  if (config_.positions == Positions::learned) {
    const TensorSpec& table = required(reader.tensor("positions"), "positions");
    positions_.emplace(table, table.shape.front(), config_.hidden);
  }
  input_norm_ =
      read_norm(reader, "norm", reader.layer_tensor("norm"), reader.layer_tensor("norm.bias"), config_.hidden);
  q_norm_ = read_head_norm(reader, config_, "q_norm", config_.heads);
  k_norm_ = read_head_norm(reader, config_, "k_norm", config_.kv_heads);
  bias_ = pack_biases(reader, config_);
  block_rows_ = std::clamp(kBlockBytes / (config_.hidden * 4), kMinBlockRows, kMaxBlockRows);
}

std::optional<int64_t> TokenProjector::length_limit() const {
  if (!positions_) return std::nullopt;
  return std::max<int64_t>(0, positions_->rows() - config_.positions_offset);
}

void TokenProjector::input_row(const TokenAt& at, float* out) const {
  embed_.read_row(at.token, out);
  if (config_.embed_scale != 1) {
    for (int64_t i = 0; i < config_.hidden; ++i) out[i] = static_cast<float>(out[i] * config_.embed_scale);
  }
  if (positions_) {
    std::vector<float> position(static_cast<size_t>(config_.hidden));
    positions_->read_row(at.position + config_.positions_offset, position.data());
    for (int64_t i = 0; i < config_.hidden; ++i) out[i] += position[i];
  }
  embed_norm_(out, config_.hidden);
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
