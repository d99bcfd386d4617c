// Reads the keys of docs/model-spec.md that decide where a layer attends, and checks those that must fit each other.
#include "layer/attention_config.h"

#include "checkpoint/mapped_tensor.h"
#include "error.h"

namespace longattn {
namespace {

std::vector<float> read_vector(const TensorSpec* spec, int64_t count) {
  return spec == nullptr ? std::vector<float>() : MappedTensor(*spec, count, 1).read_all();
}

double not_negative(const SpecReader& reader, const std::string& key) {
  const double value = reader.real(key);
  if (value < 0)
    throw Error(kModelInvalid, "model spec: " + key + " must not be negative. It is 0 where there is none.");
  return value;
}

}  // namespace

RowNorm read_norm(const SpecReader& reader, const std::string& key, const TensorSpec* weight, const TensorSpec* bias,
                  int64_t count) {
  const std::string kind = reader.word(key + ".kind", {"none", "rms", "layer"});
  if (kind == "none") {
    if (weight == nullptr && bias == nullptr) return RowNorm();
    throw Error(kModelInvalid, "model spec: " + key + ".kind is none, but the norm has weights.");
  }
  return RowNorm(kind == "rms" ? RowNorm::Kind::rms : RowNorm::Kind::layer, reader.positive(key + ".eps"),
                 reader.flag(key + ".plus_one"), read_vector(weight, count), read_vector(bias, count));
}

AttentionConfig read_attention_config(const SpecReader& reader) {
  AttentionConfig config;
  config.hidden = reader.integer("hidden", 1, kMaxWidth);
  config.vocab = reader.integer("vocab", 1, kMaxVocab);
  config.heads = reader.integer("heads", 1, kMaxHeads);
  config.kv_heads = reader.integer("kv_heads", 1, config.heads);
  if (config.heads % config.kv_heads != 0) {
    throw Error(kModelInvalid, "model spec: kv_heads must not be " + std::to_string(config.kv_heads) +
                                   ". It must divide heads, " + std::to_string(config.heads) + ".");
  }
  config.dim = reader.integer("head_dim", 1, kMaxHeadDim);
  config.embed_scale = reader.real("embed.scale");
  config.attention_scale = reader.real("attention.scale");
  config.softcap = not_negative(reader, "attention.softcap");
  config.clip = not_negative(reader, "attention.clip");
  config.sliding_window = reader.integer("attention.window", 0, kMaxPosition);
  const std::string positions = reader.word("positions", {"none", "learned", "alibi"});
  if (positions == "learned") {
    config.positions = Positions::learned;
    config.positions_offset = reader.integer("positions.offset", 0, kMaxPosition);
  } else if (positions == "alibi") {
    config.positions = Positions::alibi;
    for (const double slope : reader.reals("alibi.slopes", config.heads)) {
      config.alibi_slopes.push_back(static_cast<float>(slope));
    }
  }
  config.sink_logits = read_vector(reader.layer_tensor("sinks"), config.heads);
  config.rope = read_rope(reader, config.dim);
  if (reader.word("qk_norm.kind", {"none", "rms", "layer"}) != "none") {
    config.qk_norm_full = reader.word("qk_norm.over", {"head", "full"}) == "full";
    config.qk_norm_after = reader.word("qk_norm.place", {"before", "after"}) == "after";
    if (config.qk_norm_full && config.qk_norm_after) {
      throw Error(kModelInvalid, "model spec: qk_norm over the full width must be placed before the rotation.");
    }
  }
  return config;
}

AttentionProblem attention_problem(const AttentionConfig& config, int64_t length, HeadSource& source) {
  AttentionProblem problem;
  problem.length = length;
  problem.heads = config.heads;
  problem.kv_heads = config.kv_heads;
  problem.dim = config.dim;
  problem.scale = static_cast<float>(config.attention_scale);
  problem.softcap = static_cast<float>(config.softcap);
  problem.sliding_window = config.sliding_window;
  problem.alibi_slopes = config.alibi_slopes.empty() ? nullptr : config.alibi_slopes.data();
  problem.sink_logits = config.sink_logits.empty() ? nullptr : config.sink_logits.data();
  problem.source = problem.mutable_source = &source;
  return problem;
}

}  // namespace longattn
