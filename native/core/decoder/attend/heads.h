// A layer's Q, K and V as tensors. Internal: includes torch.
#pragma once

#include "device/aten.h"

namespace longattn {

struct Heads {
  at::Tensor q;  // [L, H, d] float32
  at::Tensor k;  // [L, Hkv, d] float32
  at::Tensor v;  // [L, Hkv, dv] float32, undefined if not asked for
};

}  // namespace longattn
