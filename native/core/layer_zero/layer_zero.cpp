// Puts the parts of the lookup path together. Counters are atomic: logs read them while a batch runs.
#include "layer_zero/layer_zero.h"

#include "error.h"
#include "layer_zero/window_heads.h"

namespace longattn {
namespace {

std::vector<float> read_sinks(const SpecReader& reader, int64_t heads) {
  const TensorSpec* sinks = reader.layer_tensor("sinks");
  return sinks == nullptr ? std::vector<float>() : MappedTensor(*sinks, heads, 1).read_all();
}

uint64_t next_model() {
  static std::atomic<uint64_t> models{0};
  return ++models;
}

}  // namespace

LayerZero::LayerZero(const ModelSpec& spec, const OpenOptions& options)
    : model_(next_model()),
      config_(read_attention_config(SpecReader(spec, 0))),
      sink_logits_(read_sinks(SpecReader(spec, 0), config_.heads)),
      projector_(spec, config_, options.cancel),
      table_(config_.vocab, projector_.row_floats(config_.kv_heads), options.memory_bytes) {}

AttentionProblem LayerZero::problem(int64_t length) const {
  AttentionProblem problem;
  problem.length = length;
  problem.heads = config_.heads;
  problem.kv_heads = config_.kv_heads;
  problem.dim = config_.dim;
  problem.scale = static_cast<float>(config_.attention_scale);
  problem.softcap = static_cast<float>(config_.softcap);
  problem.sliding_window = config_.sliding_window;
  problem.alibi_slopes = config_.alibi_slopes.empty() ? nullptr : config_.alibi_slopes.data();
  problem.sink_logits = sink_logits_.empty() ? nullptr : sink_logits_.data();
  return problem;
}

void LayerZero::visit(const int32_t* ids, int64_t length, const std::vector<int64_t>&, const ProviderOptions& options,
                      const Visitor& visitor) {
  const auto limit = projector_.length_limit();
  if (limit && length > *limit) {
    throw Error(kInvalidRequest, "a window must not have " + std::to_string(length) + " tokens. This model has " +
                                     std::to_string(*limit) + " learned positions.");
  }
  WindowHeads heads(config_, projector_, table_, model_, ids, length, options);
  AttentionProblem attention = problem(length);
  attention.source = &heads;
  attention.mutable_source = &heads;
  visitor(0, attention);
  const TokenCounts& counts = heads.counts();
  if (counts.distinct == 0) return;  // no row was asked for
  distinct_ += counts.distinct;
  found_ += counts.found;
  table_rows_ = counts.table_rows;
  table_bytes_ = counts.table_bytes;
}

Counters LayerZero::counters() const {
  const auto number = [](const std::atomic<int64_t>& value) { return static_cast<double>(value.load()); };
  return {{"distinctTokens", number(distinct_)},
          {"tokensFound", number(found_)},
          {"tableRows", number(table_rows_)},
          {"tableBytes", number(table_bytes_)}};
}

}  // namespace longattn
