// Rotary embedding on a device. Internal: includes torch.
#pragma once

#include "device/aten.h"
#include "layer/rope.h"

namespace longattn::device {

// Of the positions 0 .. L-1: [L, 1, half] float32.
struct Angles {
  at::Tensor cos, sin;
};

// `rope` was made for `length` positions or more and rotates something.
Angles angles_of(const RopeTable& rope, int64_t length, at::Device device);

// Rotates row n of x [L, heads, d] as position n, in place.
void rotate(const RopeTable& rope, const Angles& angles, const at::Tensor& x);

}  // namespace longattn::device
