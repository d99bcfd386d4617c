// Puts the parts of the lookup path together. Counters are atomic: logs read them while a batch runs.
#include "layer_zero/layer_zero.h"

#include "layer_zero/window_heads.h"

namespace longattn {
namespace {

uint64_t next_model() {
  static std::atomic<uint64_t> models{0};
  return ++models;
}

}  // namespace

LayerZero::LayerZero(const ModelSpec& spec, const OpenOptions& options)
    : LayerZero(spec, options, std::make_shared<const Embedding>(spec)) {}

LayerZero::LayerZero(const ModelSpec& spec, const OpenOptions& options, std::shared_ptr<const Embedding> embedding)
    : model_(next_model()),
      config_(read_attention_config(SpecReader(spec, 0))),
      embedding_(std::move(embedding)),
      projector_(spec, config_, embedding_, options.cancel),
      table_(config_.vocab, projector_.row_floats(config_.kv_heads), options.memory_bytes) {}

void LayerZero::visit(const int32_t* ids, int64_t length, const std::vector<int64_t>&, const ProviderOptions& options,
                      const Visitor& visitor) {
  embedding_->check_window(length);
  WindowHeads heads(config_, projector_, table_, model_, ids, length, options);
  AttentionProblem attention = attention_problem(config_, length, heads);
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
