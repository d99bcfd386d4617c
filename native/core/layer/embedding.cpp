// Rows are read from the file when a window needs them.
#include "layer/embedding.h"

#include <algorithm>

#include "checkpoint/spec_reader.h"
#include "error.h"

namespace longattn {
namespace {

MappedTensor open_table(const ModelSpec& spec) {
  const SpecReader reader(spec, 0);
  const TensorSpec& table = reader.required_tensor("embed");
  const int64_t hidden = reader.integer("hidden", 1, kMaxWidth);
  const int64_t width = reader.has("embed.width") ? reader.integer("embed.width", 1, kMaxWidth) : hidden;
  MappedTensor mapped(table, reader.integer("vocab", 1, kMaxVocab), width);
  mapped.expect_random_access();
  return mapped;
}

}  // namespace

Embedding::Embedding(const ModelSpec& spec)
    : hidden_(SpecReader(spec, 0).integer("hidden", 1, kMaxWidth)), table_(open_table(spec)) {
  const SpecReader reader(spec, 0);
  scale_ = reader.real("embed.scale");
  if (reader.flag("embed.norm")) {
    const TensorSpec* weight = reader.tensor("embed_norm");
    const TensorSpec* bias = reader.tensor("embed_norm.bias");
    const auto read = [&](const TensorSpec* tensor) {
      return tensor == nullptr ? std::vector<float>() : MappedTensor(*tensor, width(), 1).read_all();
    };
    const bool rms = reader.has("embed.norm.kind") && reader.word("embed.norm.kind", {"rms", "layer"}) == "rms";
    norm_ = RowNorm(rms ? RowNorm::Kind::rms : RowNorm::Kind::layer, reader.positive("norm.eps"), false, read(weight),
                    read(bias));
  }
  if (reader.word("positions", {"none", "learned", "alibi"}) == "learned") {
    const TensorSpec& table = reader.required_tensor("positions");
    positions_offset_ = reader.integer("positions.offset", 0, kMaxPosition);
    positions_.emplace(table, table.shape.at(0), hidden_);
  }
}

void Embedding::check_window(int64_t length) const {
  if (!positions_) return;
  const int64_t limit = std::max<int64_t>(0, positions_->rows() - positions_offset_);
  if (length > limit) {
    throw Error(kInvalidRequest, "a window must not have " + std::to_string(length) + " tokens. This model has " +
                                     std::to_string(limit) + " learned positions.");
  }
}

void Embedding::row(int64_t token, float* out) const {
  table_.read_row(token, out);
  if (scale_ != 1) {
    for (int64_t i = 0; i < width(); ++i) out[i] = static_cast<float>(out[i] * scale_);
  }
  norm_(out, width());
}

void Embedding::add_position(int64_t position, float* x) const {
  std::vector<float> added(static_cast<size_t>(hidden_));
  positions_->read_row(position + positions_offset_, added.data());
  for (int64_t i = 0; i < hidden_; ++i) x[i] += added[i];
}

}  // namespace longattn
