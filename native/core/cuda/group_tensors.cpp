// In float32 up to the conversion: what the kernel's type cannot hold is seen before it is lost.
#include "cuda/group_tensors.h"

#include <ATen/ops/index_select.h>

#include "cuda/rotate.h"

namespace longattn::device {
namespace {

constexpr float kLargestHalf = 65504;

// x [L, heads, d]: refuses NaN and Inf of any, naming the lowest head.
void check_finite(const at::Tensor& x, int64_t first_head) {
  const at::Tensor finite = x.isfinite().all(2).all(0).cpu();
  for (int64_t head = 0; head < finite.size(0); ++head)
    if (!finite.const_data_ptr<bool>()[head]) throw NotFinite(first_head + head);
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
    const Angles angles = angles_of(*rows.rope, q.size(0), q.device());
    rotate(*rows.rope, angles, q);
    rotate(*rows.rope, angles, k);
  }
  check_finite(k, result.first_head);
  check_finite(q, result.first_head);
  const bool beyond = type == at::kHalf && at::maximum(q.abs().max(), k.abs().max()).item<float>() > kLargestHalf;
  const at::ScalarType fitting = beyond ? at::kBFloat16 : type;
  result.q = q.transpose(0, 1).to(fitting).contiguous();
  result.k = k.select(1, 0).to(fitting).contiguous();
  return result;
}

}  // namespace longattn::device
