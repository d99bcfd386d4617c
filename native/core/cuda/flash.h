// libtorch's flash attention on any device. Internal: includes torch.
#pragma once

#include "cuda/aten.h"

namespace longattn::device {

struct FlashResult {
  at::Tensor out;  // [1, G, n, d], type of q
  at::Tensor lse;  // [G, n] float32, natural logarithm
};

// Causal softmax(scale * q k^T) k. q [1, G, n, d], k [1, G, n, d] (heads may be one tensor expanded); float32, fp16
// or bf16.
FlashResult flash(const at::Tensor& q, const at::Tensor& k, double scale);

}  // namespace longattn::device
