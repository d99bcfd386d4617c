// libtorch's flash attention on any device. Internal: includes torch.
#pragma once

#include "device/aten.h"

namespace longattn::device {

struct FlashResult {
  at::Tensor out;  // [1, G, n, d], type of q
  at::Tensor lse;  // [G, n] float32, natural logarithm
};

// Causal softmax(scale * q k^T) v. q, k and v [1, G, n, d] (heads may be one tensor expanded); float32, fp16 or bf16.
// On CUDA d is a multiple of 8, and at most 256 unless it is float32.
FlashResult flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale);

}  // namespace longattn::device
