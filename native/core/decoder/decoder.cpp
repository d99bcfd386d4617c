// Puts the parts together: embedding, layers, visitor, head.
#include "decoder/decoder.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "decoder/backend.h"
#include "decoder/feed_forward.h"
#include "decoder/heads.h"
#include "decoder/loss.h"
#include "decoder/window_tokens.h"
#include "device/aten.h"
#include "device/failure.h"
#include "error.h"
#include "layer/embedding.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero/lookup.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

// One reading of a window. Several may go through the layers in step, the rows of each below those of the one before:
// a later one has rows of its own from `first` on, and those before are the first one's.
struct Pass {
  int64_t near;   // 0: all
  int64_t first;  // 0 for the first
};

struct Layer {
  RowNorm input_norm;
  LayerAttention attention;
  LayerWeights weights;
  std::optional<BlockConfig> block;  // only of layers that can be run
};

bool has_tensor(const ModelSpec& spec, int64_t layer, const char* role) {
  return spec.tensors.count("layers." + std::to_string(layer) + "." + role) > 0;
}

at::ScalarType product_type(const ModelSpec& spec) {
  const SpecReader reader(spec, 0);
  if (!reader.has("forward.dtype")) return at::kFloat;  // a spec of layer 0 alone
  const std::string name = reader.word("forward.dtype", {"f32", "f16", "bf16"});
  return name == "f32" ? at::kFloat : name == "f16" ? at::kHalf : at::kBFloat16;
}

std::unique_ptr<Backend> backend_of(const Placement& placement, at::ScalarType type) {
  if (placement.kind == Placement::Kind::cpu) return own_backend(type);
  const bool cuda = placement.kind == Placement::Kind::cuda;
  const auto index = static_cast<c10::DeviceIndex>(placement.index);
  return torch_backend(cuda ? at::Device(at::kCUDA, index) : at::Device(at::kCPU), type);
}

}  // namespace

class Decoder::Parts {
 public:
  Parts(const ModelSpec& spec, const OpenOptions& options, const Placement& placement)
      : embedding_(std::make_shared<const Embedding>(spec)),
        type_(product_type(spec)),
        backend_(backend_of(placement, type_)) {
    const c10::InferenceMode inference;
    at::set_num_threads(thread_count(options.threads));
    const WeightLoader loader(spec, type_, options, files_, backend_->device());
    if (lookup_knows(spec)) lookup_.emplace(spec, options, embedding_);
    embed_project_ = loader.linear_float("embed_project");
    for (int64_t n = 0; has_tensor(spec, n, "q"); ++n) {
      const SpecReader reader(spec, n);
      Layer layer{read_input_norm(reader), read_layer_attention(reader), loader.heads(n), std::nullopt};
      if (has_tensor(spec, n, "v")) {
        layer.block = read_block_config(reader);
        loader.add_forward(n, *layer.block, layer.weights);
      }
      layers_.push_back(std::move(layer));
      if (!layers_.back().block) break;
    }
    if (layers_.empty()) throw Error(kModelInvalid, "model spec: tensor layers.0.q is missing.");
    head_ = LossHead::open(spec, loader, type_, *backend_);
  }

  int64_t layers() const { return static_cast<int64_t>(layers_.size()); }
  int64_t vocab() const { return embedding_->vocab(); }
  const LossHead& head() const { return *head_; }
  bool has_loss() const { return head_ != nullptr && layers_.back().block.has_value(); }
  LayerZero* lookup() { return lookup_ ? &*lookup_ : nullptr; }
  const Backend& backend() const { return *backend_; }

  void check_window(int64_t length) const {
    embedding_->check_window(length);
    files_.check_not_truncated();
  }

  // Runs layers 0 .. last; the last only as far as `run_last` says. Q and K of the layers in `asked`, of the first
  // pass, go to the visitor. -> the rows of all passes.
  at::Tensor run(const int32_t* ids, int64_t length, int64_t last, bool run_last, const std::vector<int64_t>& asked,
                 const std::vector<Pass>& passes, const ProviderOptions& options, const Visitor& visitor) {
    const WindowTokens tokens(ids, length, backend_->device());
    at::Tensor x = embed_window(*backend_, *embedding_, embed_project_, tokens, options);
    if (passes.size() > 1) x = at::cat(own_rows(passes, std::vector<at::Tensor>(passes.size(), x)));
    for (int64_t n = 0; n <= last; ++n) {
      const bool visited = std::binary_search(asked.begin(), asked.end(), n);
      const bool forward = n < last || run_last;
      x = step(n, x, visited ? &visitor : nullptr, forward, passes, options, tokens);
    }
    return x;
  }

 private:
  // Of each pass the rows that are its own.
  static std::vector<at::Tensor> own_rows(const std::vector<Pass>& passes, std::vector<at::Tensor> rows) {
    for (size_t p = 0; p < passes.size(); ++p)
      rows[p] = rows[p].narrow(0, passes[p].first, rows[p].size(0) - passes[p].first);
    return rows;
  }

  // Q, K and V of each pass, the last first: the rows of the first are placed where they are.
  void for_each_heads(const Layer& layer, int64_t n, const at::Tensor& input, const std::vector<Pass>& passes,
                      const ProviderOptions& options, const WindowTokens& tokens,
                      const std::function<void(size_t pass, const Heads& heads)>& use) const {
    // In layer 0 equal tokens have equal rows: project each once.
    const bool once = n == 0 && !embedding_->by_position();
    const ProjectedRows rows = project_rows(*backend_, layer.attention, layer.weights,
                                            once ? input.index_select(0, tokens.first) : input, options);
    const int64_t length = tokens.length;
    int64_t end = input.size(0);
    for (size_t p = passes.size(); p-- > 0;) {
      ProjectedRows own = rows;
      at::Tensor positions = once ? tokens.place : at::Tensor();
      if (!once && passes.size() > 1) {
        const int64_t first = passes[p].first, begin = end - (length - first);
        const at::TensorOptions indices = at::TensorOptions(backend_->device()).dtype(at::kLong);
        if (p > 0) positions = at::cat({at::arange(first, indices), at::arange(begin, end, indices)});
        if (p == 0) {
          for (at::Tensor* tensor : {&own.q, &own.k, &own.v})
            if (tensor->defined()) *tensor = tensor->narrow(0, 0, length);
        }
        end = begin;
      }
      use(p, place_heads(*backend_, layer.attention, own, positions, options));
    }
  }

  at::Tensor step(int64_t n, const at::Tensor& x, const Visitor* visitor, bool forward, const std::vector<Pass>& passes,
                  const ProviderOptions& options, const WindowTokens& tokens) const {
    const Layer& layer = layers_[n];
    const at::Tensor input = backend_->normed(layer.input_norm, x, thread_count(options.threads));
    std::vector<at::Tensor> attended(passes.size());
    for_each_heads(layer, n, input, passes, options, tokens, [&](size_t p, const Heads& heads) {
      if (p == 0 && visitor != nullptr) attended[p] = visit(n, heads, forward && passes[p].near == 0, *visitor);
      if (forward && !attended[p].defined()) {
        attended[p] = backend_->attend(layer.attention.base, heads, passes[p].near, options);
      }
    });
    if (!forward) return x;
    const at::Tensor rows = passes.size() == 1 ? attended[0] : at::cat(own_rows(passes, std::move(attended)));
    const at::Tensor added = project(*backend_, layer.weights.o, rows, options);
    return join(*layer.block, layer.weights, x, input, added, options);
  }

  // Shows a layer's attention to the visitor; its output [L, H * dv] where that took no pass of its own, else
  // undefined.
  at::Tensor visit(int64_t n, const Heads& heads, bool with_values, const Visitor& visitor) const {
    TensorHeads source(heads);
    AttentionProblem problem = attention_problem(layers_[n].attention.base, heads.q.size(0), source);
    if (!with_values || !backend_->joins_values()) {
      visitor(n, problem);
      return {};
    }
    at::Tensor out = at::empty({heads.q.size(0), heads.q.size(1) * heads.v.size(2)}, backend_->floats());
    AttentionValues values = attention_values_of(heads, 0, out);
    problem.values = &values;
    visitor(n, problem);
    return values.done ? out : at::Tensor();
  }

  at::Tensor join(const BlockConfig& block, const LayerWeights& weights, const at::Tensor& x, const at::Tensor& input,
                  const at::Tensor& attended, const ProviderOptions& options) const {
    const int threads = thread_count(options.threads);
    const auto normed = [&](const RowNorm& norm, const at::Tensor& rows) {
      return backend_->normed(norm, rows, threads);
    };
    const auto mlp_of = [&](const at::Tensor& rows) {
      return normed(block.mlp_out_norm, feed_forward(*backend_, block, weights, rows, options));
    };
    // base + scale * part, in the memory of `part`.
    const auto join_to = [&](const at::Tensor& base, at::Tensor part) {
      return at::add_out(part, base, part, block.residual_scale);
    };
    const at::Tensor& base = block.residual_from_norm ? input : x;
    const at::Tensor added = normed(block.attention_out_norm, attended);
    if (block.parallel) {
      const at::Tensor mlp_input = block.mlp_norm.kind() == RowNorm::Kind::none ? input : normed(block.mlp_norm, x);
      return join_to(base, added + mlp_of(mlp_input));
    }
    const at::Tensor sum = normed(block.attention_sum_norm, join_to(base, added));
    const at::Tensor mlp_input = normed(block.mlp_norm, sum);
    const at::Tensor& second = block.residual_from_norm ? mlp_input : sum;
    return normed(block.mlp_sum_norm, join_to(second, mlp_of(mlp_input)));
  }

  MappedFiles files_;                                 // of the layers' weights
  const std::shared_ptr<const Embedding> embedding_;  // the lookup path's too
  at::ScalarType type_;
  std::unique_ptr<Backend> backend_;
  Linear embed_project_;
  std::vector<Layer> layers_;
  std::optional<LayerZero> lookup_;
  std::unique_ptr<LossHead> head_;
};

Decoder::Decoder(const ModelSpec& spec, const OpenOptions& options, const Placement& placement)
    : placement_(placement), parts_(device::on_device(placement, "the model's weights", [&] {
        return std::make_unique<Parts>(spec, options, placement);
      })) {}

Decoder::~Decoder() = default;

int64_t Decoder::layers() const {
  return parts_->layers();
}

int64_t Decoder::vocab() const {
  return parts_->vocab();
}

Counters Decoder::counters() const {
  auto counters = parts_->lookup() ? parts_->lookup()->counters() : Counters{};
  if (parts_->backend().remote()) {
    counters["decoderOutOfMemory"] = static_cast<double>(parts_->backend().halvings());
  }
  return counters;
}

void Decoder::visit(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers,
                    const ProviderOptions& options, const Visitor& visitor) {
  parts_->check_window(length);
  std::vector<int64_t> asked = layers;
  if (parts_->lookup() != nullptr && asked.front() == 0) {
    parts_->lookup()->visit(ids, length, {0}, options, visitor);
    asked.erase(asked.begin());
  }
  if (asked.empty()) return;
  const c10::InferenceMode inference;
  at::set_num_threads(thread_count(options.threads));
  device::on_device(placement_, "the layers of a window of " + std::to_string(length) + " tokens",
                    [&] { return parts_->run(ids, length, asked.back(), false, asked, {{0, 0}}, options, visitor); });
}

std::vector<double> Decoder::losses(const int32_t* ids, int64_t length, int64_t near, const ProviderOptions& options) {
  if (!parts_->has_loss()) return LayerProvider::losses(ids, length, near, options);
  parts_->check_window(length);
  const c10::InferenceMode inference;
  at::set_num_threads(thread_count(options.threads));
  return device::on_device(placement_, "the losses of a window of " + std::to_string(length) + " tokens", [&] {
    const at::Tensor hidden = parts_->run(ids, length, layers() - 1, true, {}, {{near, 0}}, options, {});
    return parts_->head().losses(hidden, ids, options);
  });
}

WindowLosses Decoder::visit_and_losses(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers,
                                       int64_t near, const ProviderOptions& options, const Visitor& visitor) {
  if (!parts_->has_loss()) return LayerProvider::visit_and_losses(ids, length, layers, near, options, visitor);
  parts_->check_window(length);
  std::vector<int64_t> asked = layers;
  if (parts_->lookup() != nullptr && asked.front() == 0) {
    parts_->lookup()->visit(ids, length, {0}, options, visitor);
    asked.erase(asked.begin());
  }
  const c10::InferenceMode inference;
  at::set_num_threads(thread_count(options.threads));
  // So many tokens see all before them in the near pass too: their rows are those of the other one. A device goes
  // twice: two passes at once might not fit where one does.
  const int64_t same = parts_->backend().remote() ? 0 : std::min(length, near + kSinkKeys);
  std::vector<Pass> passes = {{0, 0}};
  if (same > 0 && same < length) passes.push_back({near, same});
  WindowLosses found;
  device::on_device(placement_, "the losses of a window of " + std::to_string(length) + " tokens", [&] {
    const at::Tensor hidden = parts_->run(ids, length, this->layers() - 1, true, asked, passes, options, visitor);
    found.near = found.all = parts_->head().losses(hidden.narrow(0, 0, length), ids, options);
    if (passes.size() == 1) return;
    const auto own = parts_->head().losses(hidden.narrow(0, length, length - same), ids + same, options);
    std::copy(own.begin(), own.end(), found.near.begin() + same);
  });
  if (same == 0) found.near = losses(ids, length, near, options);
  return found;
}

std::unique_ptr<LayerProvider> open_layers(const ModelSpec& spec, const OpenOptions& options,
                                           const Placement& placement) {
  if (lookup_alone(spec)) return std::make_unique<LayerZero>(spec, options);
  return std::make_unique<Decoder>(spec, options, placement);
}

}  // namespace longattn
