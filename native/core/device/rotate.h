// Rotary embedding on a device. Internal: includes torch.
#pragma once

#include "device/aten.h"
#include "layer/rope.h"

namespace longattn::device {

// Of the positions 0 .. L-1: [L, 1, half] float32; undefined where nothing is rotated. Which numbers of a row make a
// pair is RopeTable's to say.
struct Angles {
  at::Tensor cos, sin;
  int64_t half = 0, offset = 0, first_stride = 0, second_offset = 0;

  bool defined() const { return half > 0; }
};

// `rope` was made for `length` positions or more.
Angles angles_of(const RopeTable& rope, int64_t length, at::Device device);

// Rotates row n of x [L, heads, d] as position n, in place. The angles are defined.
void rotate(const Angles& angles, const at::Tensor& x);

}  // namespace longattn::device
