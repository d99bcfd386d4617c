// Q and K of a layer that are tensors already. Internal: includes torch.
//
// What a decoder on a device makes is on the device when its attention is asked for. A HeadSource that is this too
// hands it over whole, so that no row crosses to the CPU and back.
#pragma once

#include "device/aten.h"

namespace longattn::device {

class TensorRows {
 public:
  virtual ~TensorRows() = default;
  virtual const at::Tensor& query_rows() const = 0;  // [L, H, d] float32, rotated, not scaled
  virtual const at::Tensor& key_rows() const = 0;    // [L, Hkv, d] float32
};

}  // namespace longattn::device
