// Angles by the addition theorem, as RopeTable has them: two small tables cross to the device, not one a position.
#include "cuda/gather.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/slice.h>

#include <algorithm>

#include "attention/check_problem.h"
#include "parallel_rows.h"

namespace longattn::device {
namespace {

// [positions, half, 2]: cos, sin.
at::Tensor table(const std::vector<RopeTable::Angle>& angles, int64_t half, at::Device device) {
  static_assert(sizeof(RopeTable::Angle) == 2 * sizeof(double));
  auto* data = const_cast<RopeTable::Angle*>(angles.data());
  return at::from_blob(data, {static_cast<int64_t>(angles.size()) / half, half, 2}, at::kDouble).to(device);
}

// The lowest head whose row holds NaN or Inf; the key's is the group's first.
int64_t bad_head(const AttentionProblem& p, const float* rows, int64_t count, int64_t first_head) {
  const int64_t group = p.heads / p.kv_heads;
  int64_t lowest = group;
  for (int64_t row = 0; row < count * (group + 1); ++row)
    if (!attention::all_finite(rows + row * p.dim, p.dim)) lowest = std::min(lowest, row % (group + 1) % group);
  return first_head + lowest;
}

// x [L, heads, d], in place.
void rotate(const RopeTable& rope, at::Tensor& x) {
  const int64_t half = rope.half(), length = x.size(0);
  if (half == 0) return;
  const at::Tensor coarse = table(rope.coarse(), half, x.device()).unsqueeze(1);  // [C, 1, half, 2]
  const at::Tensor fine = table(rope.fine(), half, x.device()).unsqueeze(0);      // [1, 256, half, 2]
  const at::Tensor cc = coarse.select(3, 0), cs = coarse.select(3, 1), fc = fine.select(3, 0), fs = fine.select(3, 1);
  const auto by_position = [&](const at::Tensor& angles) {  // [L, 1, half]
    return angles.reshape({-1, half}).narrow(0, 0, length).unsqueeze(1).to(at::kFloat);
  };
  const at::Tensor cos = by_position(cc * fc - cs * fs), sin = by_position(cs * fc + cc * fs);
  const int64_t stride = rope.first_stride(), span = (half - 1) * stride + 1;
  const auto elements = [&](int64_t from) { return at::slice(x, 2, from, from + span, stride); };
  at::Tensor first = elements(rope.offset()), second = elements(rope.offset() + rope.second_offset());
  const at::Tensor turned = first * cos - second * sin;
  second.copy_(second * cos + first * sin);
  first.copy_(turned);
}

}  // namespace

at::Tensor gather_rows(const AttentionProblem& p, DistinctRows& distinct, int64_t first_head, int threads,
                       at::Device device) {
  const int64_t count = distinct.distinct_count(), width = (p.heads / p.kv_heads + 1) * p.dim;
  const at::Tensor rows = at::empty({count, width}, at::kFloat);
  float* out = rows.data_ptr<float>();
  parallel_rows(count, threads,
                [&](int64_t row) { std::copy_n(distinct.distinct_row(row), width, out + row * width); });
  if (!attention::all_finite(out, count * width)) throw NotFinite(bad_head(p, out, count, first_head));
  auto* index = const_cast<int32_t*>(distinct.distinct_index().data());
  const at::Tensor places = at::from_blob(index, {p.length}, at::kInt).to(device);
  at::Tensor x = at::index_select(rows.to(device), 0, places).view({p.length, width / p.dim, p.dim});
  rotate(distinct.rotation(), x);
  return x;
}

}  // namespace longattn::device
