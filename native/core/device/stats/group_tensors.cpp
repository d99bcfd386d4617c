// What is not finite is looked for here, in one pass over the group and one number a head.
#include "device/stats/group_tensors.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <cmath>

namespace longattn::device {
namespace {

// Refuses NaN and Inf in q [L, G, d] and k [L, 1, d], naming the lowest head. One number a head crosses, so that the
// device is waited for once.
void require_finite(const at::Tensor& q, const at::Tensor& k, int64_t first_head) {
  const auto of_heads = [](const at::Tensor& x) { return x.abs().amax({0, 2}); };  // NaN where there is one
  const at::Tensor all = at::cat({of_heads(k), of_heads(q)}).cpu();
  const float* values = all.const_data_ptr<float>();
  for (int64_t i = 0; i < all.size(0); ++i)
    if (!std::isfinite(values[i])) throw NotFinite(first_head + std::max<int64_t>(0, i - 1));
}

// Some heads of all positions, [L, heads, d], not yet rotated.
at::Tensor gather(const DeviceRows& rows, const at::Tensor& heads) {
  if (rows.index.defined()) return at::index_select(heads, 0, rows.index);
  return rows.angles.defined() ? heads.clone() : heads;  // rotation is in place
}

}  // namespace

GroupTensors read_group(const DeviceRows& rows, int64_t kv_head) {
  const int64_t group = rows.q.size(1) / rows.k.size(1);
  GroupTensors result;
  result.first_head = kv_head * group;
  const at::Tensor q = gather(rows, rows.q.narrow(1, result.first_head, group));  // [L, G, d]
  const at::Tensor k = gather(rows, rows.k.narrow(1, kv_head, 1));                // [L, 1, d]
  if (rows.angles.defined()) {
    rotate(rows.angles, q);
    rotate(rows.angles, k);
  }
  require_finite(q, k, result.first_head);
  result.q = q.transpose(0, 1).contiguous();
  result.k = k.select(1, 0).contiguous();
  return result;
}

}  // namespace longattn::device
