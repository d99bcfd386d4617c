// Reads the keys of one layer: those of any attention through their own reader, the rest here.
#include "layer/layer_config.h"

#include <algorithm>

#include "checkpoint/mapped_tensor.h"
#include "error.h"

namespace longattn {
namespace {

constexpr int64_t kMaxExperts = 1 << 16;

bool one_of(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

RowNorm read_latent_norm(const SpecReader& reader, const std::string& role) {
  const TensorSpec* weight = reader.layer_tensor(role);
  if (weight == nullptr) return RowNorm();
  const int64_t width = weight->shape.at(0);
  return RowNorm(RowNorm::Kind::rms, reader.positive("latent.eps"), false, MappedTensor(*weight, width, 1).read_all(),
                 {});
}

RowNorm read_block_norm(const SpecReader& reader, const std::string& present, const std::string& role, int64_t hidden) {
  if (!one_of(present, role)) return RowNorm();
  return read_norm(reader, "block.norm", reader.layer_tensor(role), reader.layer_tensor(role + ".bias"), hidden);
}

Activation read_activation(const SpecReader& reader) {
  const std::string name =
      reader.word("mlp.activation", {"silu", "gelu", "gelu_tanh", "relu", "relu_squared", "swiglu_clamped", "xielu"});
  if (name == "silu") return Activation::silu;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_tanh") return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  if (name == "xielu") return Activation::xielu;
  return name == "relu_squared" ? Activation::relu_squared : Activation::swiglu_clamped;
}

Xielu read_xielu(const SpecReader& reader) {
  const auto number = [&](const std::string& role) -> double {
    const TensorSpec* tensor = reader.layer_tensor(role);
    if (tensor == nullptr) throw Error(kModelInvalid, "model spec: tensor " + role + " is missing.");
    return MappedTensor(*tensor, 1, 1).read_all().at(0);
  };
  return {number("xielu.positive"), number("xielu.negative"), number("xielu.beta"), number("xielu.eps")};
}

ExpertsConfig read_experts(const SpecReader& reader) {
  ExpertsConfig experts;
  experts.count = reader.integer("experts.count", 1, kMaxExperts);
  experts.top_k = reader.integer("experts.top_k", 1, experts.count);
  const std::string scoring = reader.word("experts.scoring", {"softmax", "sigmoid", "softmax_chosen", "sparse_mixer"});
  experts.scoring = scoring == "softmax"        ? ExpertsConfig::Scoring::softmax
                    : scoring == "sigmoid"      ? ExpertsConfig::Scoring::sigmoid
                    : scoring == "sparse_mixer" ? ExpertsConfig::Scoring::sparse_mixer
                                                : ExpertsConfig::Scoring::softmax_chosen;
  if (experts.scoring == ExpertsConfig::Scoring::sparse_mixer) {
    experts.tolerance = reader.real("experts.tolerance");
    if (experts.top_k != 2) throw Error(kModelInvalid, "model spec: the sparse mixer takes two experts.");
  }
  experts.normalize = reader.flag("experts.normalize");
  experts.scale = reader.real("experts.scale");
  experts.groups = reader.integer("experts.groups", 1, experts.count);
  experts.top_groups = reader.integer("experts.top_groups", 1, experts.groups);
  experts.group_by_two = reader.word("experts.group_score", {"max", "top2"}) == "top2";
  experts.shared = reader.flag("experts.shared");
  if (experts.count % experts.groups != 0) {
    throw Error(kModelInvalid, "model spec: experts.groups must divide experts.count.");
  }
  return experts;
}

}  // namespace

LayerAttention read_layer_attention(const SpecReader& reader) {
  LayerAttention config;
  config.base = read_attention_config(reader);
  const AttentionConfig& base = config.base;
  config.latent = reader.has("attention.kind") && reader.word("attention.kind", {"heads", "latent"}) == "latent";
  if (config.latent) {
    config.latent_rope_dim = reader.integer("latent.rope_dim", 1, base.dim - 1);
    config.q_latent_norm = read_latent_norm(reader, "q_a_norm");
    config.k_latent_norm = read_latent_norm(reader, "kv_a_norm");
    if (base.heads != base.kv_heads)
      throw Error(kModelInvalid, "model spec: latent attention has a key for each head.");
  }
  config.q_norm = read_head_norm(reader, "q_norm", base.heads, base.dim, base.qk_norm_full);
  config.k_norm = read_head_norm(reader, "k_norm", base.kv_heads, base.dim, base.qk_norm_full);
  return config;
}

RowNorm read_input_norm(const SpecReader& reader) {
  const int64_t hidden = reader.integer("hidden", 1, kMaxWidth);
  return read_norm(reader, "norm", reader.layer_tensor("norm"), reader.layer_tensor("norm.bias"), hidden);
}

BlockConfig read_block_config(const SpecReader& reader) {
  BlockConfig block;
  const int64_t hidden = reader.integer("hidden", 1, kMaxWidth);
  block.parallel = reader.flag("block.parallel");
  block.residual_from_norm = reader.flag("block.residual_from_norm");
  block.residual_scale = reader.real("block.residual_scale");
  block.value_dim = reader.integer("value_dim", 1, kMaxHeadDim);
  const std::string& present = reader.text("block.norms");
  block.attention_out_norm = read_block_norm(reader, present, "attention_out_norm", hidden);
  block.attention_sum_norm = read_block_norm(reader, present, "attention_sum_norm", hidden);
  block.mlp_norm = read_block_norm(reader, present, "mlp_norm", hidden);
  block.mlp_out_norm = read_block_norm(reader, present, "mlp_out_norm", hidden);
  block.mlp_sum_norm = read_block_norm(reader, present, "mlp_sum_norm", hidden);
  const std::string mlp = reader.word("mlp.kind", {"gated", "plain", "experts"});
  block.mlp = mlp == "gated"   ? BlockConfig::Mlp::gated
              : mlp == "plain" ? BlockConfig::Mlp::plain
                               : BlockConfig::Mlp::experts;
  block.activation = read_activation(reader);
  if (block.activation == Activation::xielu) {
    if (block.mlp != BlockConfig::Mlp::plain) throw Error(kModelInvalid, "model spec: xielu belongs to a plain MLP.");
    block.xielu = read_xielu(reader);
  }
  if (block.mlp == BlockConfig::Mlp::experts) block.experts = read_experts(reader);
  return block;
}

}  // namespace longattn
