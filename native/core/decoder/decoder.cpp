// Puts the parts together: embedding, layers, visitor, head.
#include "decoder/decoder.h"

#include <algorithm>
#include <optional>

#include "decoder/aten.h"
#include "decoder/attend.h"
#include "decoder/embedding.h"
#include "decoder/feed_forward.h"
#include "decoder/heads.h"
#include "decoder/loss.h"
#include "error.h"
#include "layer_zero.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

struct Layer {
  RowNorm input_norm;
  AttentionConfig attention;
  LayerWeights weights;
  std::optional<BlockConfig> block;  // only of layers that can be run
};

// [n, hidden], normed copy.
at::Tensor normed(const RowNorm& norm, const at::Tensor& x, int threads) {
  if (norm.kind() == RowNorm::Kind::none) return x;
  at::Tensor out = x.clone();
  const int64_t width = x.size(1);
  float* data = out.data_ptr<float>();
  parallel_rows(x.size(0), threads, [&](int64_t row) { norm(data + row * width, width); });
  return out;
}

AttentionProblem problem_of(const AttentionConfig& config, int64_t length, TensorHeads& source) {
  const LayerZeroConfig& base = config.base;
  AttentionProblem problem;
  problem.length = length;
  problem.heads = base.heads;
  problem.kv_heads = base.kv_heads;
  problem.dim = base.dim;
  problem.scale = static_cast<float>(base.attention_scale);
  problem.softcap = static_cast<float>(base.softcap);
  problem.sliding_window = base.sliding_window;
  problem.alibi_slopes = base.alibi_slopes.empty() ? nullptr : base.alibi_slopes.data();
  problem.sink_logits = config.sinks.empty() ? nullptr : config.sinks.data();
  problem.source = &source;
  problem.mutable_source = &source;
  return problem;
}

bool has_tensor(const ModelSpec& spec, int64_t layer, const char* role) {
  return spec.tensors.count("layers." + std::to_string(layer) + "." + role) > 0;
}

at::ScalarType product_type(const ModelSpec& spec) {
  const SpecReader reader(spec, 0);
  if (!reader.has("forward.dtype")) return at::kFloat;  // a spec of layer 0 alone
  const std::string name = reader.word("forward.dtype", {"f32", "f16", "bf16"});
  return name == "f32" ? at::kFloat : name == "f16" ? at::kHalf : at::kBFloat16;
}

// What the lookup path of layer 0 does not know.
bool lookup_knows(const ModelSpec& spec) {
  const SpecReader reader(spec, 0);
  return !reader.has("attention.kind") && !reader.has("embed.width") && !has_tensor(spec, 0, "q_norm.0");
}

}  // namespace

class Decoder::Parts {
 public:
  Parts(const ModelSpec& spec, int64_t memory_bytes) : embedding_(spec), type_(product_type(spec)) {
    const c10::InferenceMode inference;
    const WeightLoader loader(spec, type_);
    if (lookup_knows(spec)) lookup_.emplace(spec, memory_bytes);
    embed_project_ = loader.linear_float("embed_project");
    for (int64_t n = 0; has_tensor(spec, n, "q"); ++n) {
      const SpecReader reader(spec, n);
      Layer layer{read_input_norm(reader), read_attention_config(reader), loader.heads(n), std::nullopt};
      if (has_tensor(spec, n, "v")) {
        layer.block = read_block_config(reader);
        loader.add_forward(n, *layer.block, layer.weights);
      }
      layers_.push_back(std::move(layer));
      if (!layers_.back().block) break;
    }
    if (layers_.empty()) throw Error(kModelInvalid, "model spec: tensor layers.0.q is missing.");
    head_ = LossHead::open(spec, loader, type_);
  }

  int64_t layers() const { return static_cast<int64_t>(layers_.size()); }
  int64_t vocab() const { return embedding_.vocab(); }
  bool has_loss() const { return head_ != nullptr && layers_.back().block.has_value(); }
  LayerZero* lookup() { return lookup_ ? &*lookup_ : nullptr; }

  void check_length(int64_t length) const {
    const auto limit = embedding_.length_limit();
    if (limit && length > *limit) {
      throw Error(kInvalidRequest, "a window must not have " + std::to_string(length) + " tokens. This model has " +
                                       std::to_string(*limit) + " learned positions.");
    }
    embedding_.check_files();
  }

  // Runs layers 0 .. last; the last only as far as `run_last` says. Q and K of the layers in `asked` go to the visitor.
  at::Tensor run(const int32_t* ids, int64_t length, int64_t last, bool run_last, const std::vector<int64_t>& asked,
                 int64_t near, const ProviderOptions& options, const Visitor& visitor) {
    at::Tensor x = embed(ids, length, options);
    for (int64_t n = 0; n <= last; ++n) {
      const bool visited = std::binary_search(asked.begin(), asked.end(), n);
      const bool forward = n < last || run_last;
      x = step(n, x, visited ? &visitor : nullptr, forward, near, options, ids);
    }
    return x;
  }

 private:
  at::Tensor embed(const int32_t* ids, int64_t length, const ProviderOptions& options) const {
    const int threads = thread_count(options.threads);
    at::Tensor x = at::empty({length, embedding_.width()}, at::kFloat);
    float* data = x.data_ptr<float>();
    parallel_rows(length, threads, [&](int64_t n) { embedding_.row(ids[n], data + n * embedding_.width()); });
    embedding_.release_pages();
    if (embed_project_.weight.defined()) x = project(embed_project_, x, options);
    if (embedding_.by_position()) {
      float* rows = x.data_ptr<float>();
      parallel_rows(length, threads, [&](int64_t n) { embedding_.add_position(n, rows + n * embedding_.hidden()); });
    }
    return x;
  }

  Heads heads_of(const Layer& layer, int64_t n, const at::Tensor& input, const int32_t* ids,
                 const ProviderOptions& options) const {
    if (n > 0 || embedding_.by_position()) return project_heads(layer.attention, layer.weights, input, {}, options);
    // In layer 0 equal tokens have equal rows: project each once.
    const int64_t length = input.size(0);
    std::vector<int32_t> distinct(ids, ids + length);
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<int64_t> first(distinct.size()), place(static_cast<size_t>(length));
    for (int64_t i = length - 1; i >= 0; --i) {
      place[i] = std::lower_bound(distinct.begin(), distinct.end(), ids[i]) - distinct.begin();
      first[place[i]] = i;
    }
    return project_heads(layer.attention, layer.weights, input.index_select(0, at::tensor(first)), at::tensor(place),
                         options);
  }

  at::Tensor step(int64_t n, const at::Tensor& x, const Visitor* visitor, bool forward, int64_t near,
                  const ProviderOptions& options, const int32_t* ids) const {
    const Layer& layer = layers_[n];
    const int threads = thread_count(options.threads);
    const at::Tensor input = normed(layer.input_norm, x, threads);
    Heads heads = heads_of(layer, n, input, ids, options);
    if (visitor != nullptr) {
      TensorHeads source(heads);
      AttentionProblem problem = problem_of(layer.attention, x.size(0), source);
      (*visitor)(n, problem);
    }
    if (!forward) return x;
    const int64_t length = x.size(0), value_dim = heads.v.size(2);
    at::Tensor attended = at::empty({length, layer.attention.base.heads * value_dim}, at::kFloat);
    const AttendInput input_heads{heads.q.const_data_ptr<float>(),
                                  heads.k.const_data_ptr<float>(),
                                  heads.v.const_data_ptr<float>(),
                                  length,
                                  value_dim,
                                  near};
    attend(layer.attention, input_heads, options, attended.data_ptr<float>());
    heads = {};
    return join(*layer.block, layer.weights, x, input, project(layer.weights.o, attended, options), options, threads);
  }

  static at::Tensor join(const BlockConfig& block, const LayerWeights& weights, const at::Tensor& x,
                         const at::Tensor& input, const at::Tensor& attended, const ProviderOptions& options,
                         int threads) {
    const at::Tensor& base = block.residual_from_norm ? input : x;
    const at::Tensor added = normed(block.attention_out_norm, attended, threads);
    if (block.parallel) {
      const at::Tensor mlp_input =
          block.mlp_norm.kind() == RowNorm::Kind::none ? input : normed(block.mlp_norm, x, threads);
      const at::Tensor mlp = normed(block.mlp_out_norm, feed_forward(block, weights, mlp_input, options), threads);
      return at::add(base, added + mlp, block.residual_scale);
    }
    const at::Tensor sum = normed(block.attention_sum_norm, at::add(base, added, block.residual_scale), threads);
    const at::Tensor mlp_input = normed(block.mlp_norm, sum, threads);
    const at::Tensor mlp = normed(block.mlp_out_norm, feed_forward(block, weights, mlp_input, options), threads);
    const at::Tensor& second = block.residual_from_norm ? mlp_input : sum;
    return normed(block.mlp_sum_norm, at::add(second, mlp, block.residual_scale), threads);
  }

 public:
  std::unique_ptr<LossHead> head_;

 private:
  Embedding embedding_;
  at::ScalarType type_;
  Linear embed_project_;
  std::vector<Layer> layers_;
  std::optional<LayerZero> lookup_;
};

Decoder::Decoder(const ModelSpec& spec, int64_t memory_bytes) : parts_(std::make_unique<Parts>(spec, memory_bytes)) {}

Decoder::~Decoder() = default;

int64_t Decoder::layers() const {
  return parts_->layers();
}

int64_t Decoder::vocab() const {
  return parts_->vocab();
}

std::map<std::string, double> Decoder::counters() const {
  return parts_->lookup() ? parts_->lookup()->counters() : std::map<std::string, double>{};
}

void Decoder::visit(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers,
                    const ProviderOptions& options, const Visitor& visitor) {
  parts_->check_length(length);
  std::vector<int64_t> asked = layers;
  if (parts_->lookup() != nullptr && asked.front() == 0) {
    parts_->lookup()->visit(ids, length, {0}, options, visitor);
    asked.erase(asked.begin());
  }
  if (asked.empty()) return;
  const c10::InferenceMode inference;
  at::set_num_threads(thread_count(options.threads));
  parts_->run(ids, length, asked.back(), false, asked, 0, options, visitor);
}

std::vector<double> Decoder::losses(const int32_t* ids, int64_t length, int64_t near, const ProviderOptions& options) {
  if (!parts_->has_loss()) return LayerProvider::losses(ids, length, near, options);
  parts_->check_length(length);
  const c10::InferenceMode inference;
  at::set_num_threads(thread_count(options.threads));
  const at::Tensor hidden = parts_->run(ids, length, layers() - 1, true, {}, near, options, {});
  return parts_->head_->losses(hidden, ids, options);
}

std::unique_ptr<LayerProvider> open_layers(const ModelSpec& spec, int64_t memory_bytes) {
  const bool lookup_alone = !has_tensor(spec, 0, "v") && lookup_knows(spec);
  if (lookup_alone) return std::make_unique<LayerZero>(spec, memory_bytes);
  return std::make_unique<Decoder>(spec, memory_bytes);
}

}  // namespace longattn
