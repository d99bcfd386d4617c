// From token ids to the first layer's input: the lookup path of layer 0 and the decoder both begin here. No torch.
#pragma once

#include <optional>
#include <vector>

#include "checkpoint/mapped_tensor.h"
#include "checkpoint/model_spec.h"
#include "layer/row_norm.h"

namespace longattn {

class Embedding {
 public:
  explicit Embedding(const ModelSpec& spec);

  int64_t vocab() const { return table_.rows(); }
  int64_t hidden() const { return hidden_; }
  // Throws Error(kInvalidRequest) for a window longer than the learned positions allow.
  void check_window(int64_t length) const;
  // Rows depend on the position, not on the token alone.
  bool by_position() const { return positions_.has_value(); }
  // Width of `row` before projection; hidden() unless the embedding is narrower than the model.
  int64_t width() const { return table_.columns(); }
  // Scaled and normed row of a token, out [width()]. Thread-safe. Throws Error(kWeightNotFinite, kFileUnreadable).
  void row(int64_t token, float* out) const;
  // Adds the learned position, in place: x [hidden()].
  void add_position(int64_t position, float* x) const;

 private:
  int64_t hidden_;
  MappedTensor table_;
  double scale_;
  RowNorm norm_;
  std::optional<MappedTensor> positions_;
  int64_t positions_offset_ = 0;
};

}  // namespace longattn
