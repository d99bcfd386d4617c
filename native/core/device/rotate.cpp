// Angles by the addition theorem, as RopeTable has them: two small tables cross to the device, not one a position. They
// are joined in float64 and rounded once.
#include "device/rotate.h"

#include <ATen/ops/slice.h>

namespace longattn::device {
namespace {

// [positions, half, 2]: cos, sin.
at::Tensor table(const std::vector<RopeTable::Angle>& angles, int64_t half, at::Device device) {
  static_assert(sizeof(RopeTable::Angle) == 2 * sizeof(double));
  auto* data = const_cast<RopeTable::Angle*>(angles.data());
  const at::Tensor view = at::from_blob(data, {static_cast<int64_t>(angles.size()) / half, half, 2}, at::kDouble);
  return device.is_cpu() ? view : view.to(device);
}

}  // namespace

Angles angles_of(const RopeTable& rope, int64_t length, at::Device device) {
  const int64_t half = rope.half();
  if (half == 0) return {};
  const at::Tensor coarse = table(rope.coarse(), half, device).unsqueeze(1);  // [C, 1, half, 2]
  const at::Tensor fine = table(rope.fine(), half, device).unsqueeze(0);      // [1, 256, half, 2]
  const at::Tensor cc = coarse.select(3, 0), cs = coarse.select(3, 1), fc = fine.select(3, 0), fs = fine.select(3, 1);
  const auto by_position = [&](const at::Tensor& angles) {  // [L, 1, half]
    return angles.reshape({-1, half}).narrow(0, 0, length).unsqueeze(1).to(at::kFloat);
  };
  return {by_position(cc * fc - cs * fs),
          by_position(cs * fc + cc * fs),
          half,
          rope.offset(),
          rope.first_stride(),
          rope.second_offset()};
}

void rotate(const Angles& angles, const at::Tensor& x) {
  const int64_t stride = angles.first_stride, span = (angles.half - 1) * stride + 1;
  const auto elements = [&](int64_t from) { return at::slice(x, 2, from, from + span, stride); };
  at::Tensor first = elements(angles.offset), second = elements(angles.offset + angles.second_offset);
  const at::Tensor turned = first * angles.cos - second * angles.sin;
  second.copy_(second * angles.cos + first * angles.sin);
  first.copy_(turned);
}

}  // namespace longattn::device
