// In float32 up to the conversion: what the kernel's type cannot hold is seen before it is lost.
#include "device/group_tensors.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <cmath>

namespace longattn::device {
namespace {

constexpr float kLargestHalf = 65504;

// The largest magnitude in q [L, G, d] and k [L, 1, d]; refuses NaN and Inf, naming the lowest head. One number a head
// crosses, so that the device is waited for once.
float largest(const at::Tensor& q, const at::Tensor& k, int64_t first_head) {
  const auto of_heads = [](const at::Tensor& x) { return x.abs().amax({0, 2}); };  // NaN where there is one
  const at::Tensor all = at::cat({of_heads(k), of_heads(q)}).cpu();
  const float* values = all.const_data_ptr<float>();
  for (int64_t i = 0; i < all.size(0); ++i)
    if (!std::isfinite(values[i])) throw NotFinite(first_head + std::max<int64_t>(0, i - 1));
  return *std::max_element(values, values + all.size(0));
}

// Some heads of all positions, [L, heads, d], not yet rotated.
at::Tensor gather(const DeviceRows& rows, const at::Tensor& heads) {
  if (rows.index.defined()) return at::index_select(heads, 0, rows.index);
  return rows.rope != nullptr ? heads.clone() : heads;  // rotation is in place
}

}  // namespace

void poll(const AttentionOptions& options) {
  if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed)) throw Cancelled();
}

GroupTensors read_group(const DeviceRows& rows, int64_t kv_head, at::ScalarType type) {
  const int64_t group = rows.q.size(1) / rows.k.size(1);
  GroupTensors result;
  result.first_head = kv_head * group;
  const at::Tensor q = gather(rows, rows.q.narrow(1, result.first_head, group));  // [L, G, d]
  const at::Tensor k = gather(rows, rows.k.narrow(1, kv_head, 1));                // [L, 1, d]
  if (rows.rope != nullptr) {
    rotate(*rows.rope, rows.angles, q);
    rotate(*rows.rope, rows.angles, k);
  }
  const float most = largest(q, k, result.first_head);
  const at::ScalarType fitting = type == at::kHalf && most > kLargestHalf ? at::kBFloat16 : type;
  result.q = q.transpose(0, 1).to(fitting).contiguous();
  result.k = k.select(1, 0).to(fitting).contiguous();
  return result;
}

}  // namespace longattn::device
