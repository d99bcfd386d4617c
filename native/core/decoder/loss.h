// The language model's head. Internal: includes torch.
#pragma once

#include <memory>
#include <vector>

#include "checkpoint/mapped_tensor.h"
#include "checkpoint/model_spec.h"
#include "decoder/backend.h"
#include "layer/row_norm.h"

namespace longattn {

class LossHead {
 public:
  // Nothing if the spec has no head.
  static std::unique_ptr<LossHead> open(const ModelSpec& spec, const WeightLoader& loader, at::ScalarType type,
                                        Backend& backend);

  // hidden [L, hidden] float32, the last layer's output -> -ln p of ids[n] from row n - 1, n = 1 .. L-1, in nats.
  std::vector<double> losses(at::Tensor hidden, const int32_t* ids, const ProviderOptions& options) const;

 private:
  LossHead(const TensorSpec& head, int64_t vocab, int64_t width, at::ScalarType type, Backend& backend)
      : head_(head, vocab, width), type_(type), backend_(backend) {}
  at::Tensor block(int64_t first, int64_t count, int threads) const;

  MappedTensor head_;
  at::ScalarType type_;
  Backend& backend_;
  at::Tensor kept_;  // [vocab, width] on the device; undefined: blocks are read from the file
  at::Tensor bias_;  // [vocab] or undefined
  Linear project_;
  RowNorm norm_;
  double scale_ = 1;
  double softcap_ = 0;
};

}  // namespace longattn
