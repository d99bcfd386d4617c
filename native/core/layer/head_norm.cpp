// Kinds and settings are those of read_norm(); what differs is where the weights are.
#include "layer/head_norm.h"

#include "checkpoint/mapped_tensor.h"
#include "error.h"
#include "layer/attention_config.h"

namespace longattn {

HeadNorm read_head_norm(const SpecReader& reader, const std::string& role, int64_t heads, int64_t dim, bool full) {
  HeadNorm result;
  const int64_t width = full ? heads * dim : dim;
  const TensorSpec* weight = reader.layer_tensor(role);
  const TensorSpec* bias = reader.layer_tensor(role + ".bias");
  if (reader.layer_tensor(role + ".0") == nullptr) {
    result.weights_per_head = !full && weight != nullptr && weight->shape == std::vector<int64_t>{heads, dim};
    result.norm = read_norm(reader, "qk_norm", weight, bias, result.weights_per_head ? heads * dim : width);
    return result;
  }
  result.weights_per_head = true;
  std::vector<float> stacked;
  for (int64_t head = 0; head < heads; ++head) {
    const TensorSpec* one = reader.layer_tensor(role + "." + std::to_string(head));
    if (one == nullptr) {
      throw Error(kModelInvalid, "model spec: " + role + " has no tensor for head " + std::to_string(head) + ".");
    }
    const std::vector<float> values = MappedTensor(*one, dim, 1).read_all();
    stacked.insert(stacked.end(), values.begin(), values.end());
  }
  const auto kind = reader.word("qk_norm.kind", {"rms", "layer"}) == "rms" ? RowNorm::Kind::rms : RowNorm::Kind::layer;
  result.norm = RowNorm(kind, reader.positive("qk_norm.eps"), reader.flag("qk_norm.plus_one"), std::move(stacked), {});
  return result;
}

}  // namespace longattn
