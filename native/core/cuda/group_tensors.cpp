// Three kinds of sources: tensors, of which a group is a slice; distinct rows, which the device gathers and rotates;
// and rows made on the CPU by several threads, which cross to the device once a group.
#include "cuda/group_tensors.h"

#include <algorithm>

#include "attention/check_problem.h"
#include "cuda/gather.h"
#include "cuda/tensor_rows.h"
#include "parallel_rows.h"

namespace longattn::device {
namespace {

constexpr int64_t kRows = 64;  // a piece of work

// [count, dim] of one head, float32, on the CPU; `read` is (row, count, out).
template <typename Read>
void fill(float* out, int64_t length, int64_t dim, int threads, std::atomic<bool>& finite, const Read& read) {
  parallel_rows((length + kRows - 1) / kRows, threads, [&](int64_t block) {
    const int64_t row = block * kRows, count = std::min(kRows, length - row);
    read(row, count, out + row * dim);
    if (!attention::all_finite(out + row * dim, count * dim)) finite = false;
  });
}

at::Tensor to_device(const at::Tensor& rows, at::Device device, at::ScalarType type) {
  return device.is_cpu() ? rows.to(type) : rows.to(type).to(device);
}

constexpr float kLargestHalf = 65504;

struct BeyondHalf {};

// x [heads, L, d]: refuses NaN and Inf of any, naming the lowest head.
void check_finite(const at::Tensor& x, int64_t first_head) {
  const at::Tensor finite = x.isfinite().flatten(1).all(1).cpu();
  for (int64_t head = 0; head < finite.size(0); ++head)
    if (!finite.const_data_ptr<bool>()[head]) throw NotFinite(first_head + head);
}

GroupTensors slice(const TensorRows& source, int64_t kv_head, int64_t group, at::Device device, at::ScalarType type) {
  GroupTensors result;
  result.first_head = kv_head * group;
  const at::Tensor q = source.query_rows().narrow(1, result.first_head, group).transpose(0, 1);  // [G, L, d]
  const at::Tensor k = source.key_rows().select(1, kv_head);
  check_finite(k.unsqueeze(0), result.first_head);
  check_finite(q, result.first_head);
  if (type == at::kHalf && at::maximum(q.abs().max(), k.abs().max()).item<float>() > kLargestHalf) throw BeyondHalf();
  result.q = q.to(device, type).contiguous();
  result.k = k.to(device, type).contiguous();
  return result;
}

GroupTensors read_as(const AttentionProblem& p, const AttentionOptions& options, int64_t kv_head, at::Device device,
                     at::ScalarType type) {
  poll(options);
  const int64_t group = p.heads / p.kv_heads;
  const int threads = thread_count(options.threads);
  if (const auto* tensors = dynamic_cast<const TensorRows*>(p.source)) {
    return slice(*tensors, kv_head, group, device, type);
  }
  if (p.mutable_source != nullptr) p.mutable_source->prepare_group(kv_head);
  GroupTensors result;
  result.first_head = kv_head * group;
  if (auto* distinct = dynamic_cast<DistinctRows*>(p.mutable_source)) {
    if (distinct->distinct_count() > 0) {
      const at::Tensor all = gather_rows(p, *distinct, result.first_head, threads, device);  // [L, G + 1, d]
      if (type == at::kHalf && all.abs().max().item<float>() > kLargestHalf) throw BeyondHalf();
      result.q = all.narrow(1, 0, group).transpose(0, 1).to(type).contiguous();
      result.k = all.select(1, group).to(type).contiguous();
      return result;
    }
  }
  at::Tensor rows = at::empty({p.length, p.dim}, at::kFloat);
  std::atomic<bool> finite{true};
  const auto check = [&](int64_t head) {
    if (!finite) throw NotFinite(head);
    if (type == at::kHalf && rows.abs().max().item<float>() > kLargestHalf) throw BeyondHalf();
  };
  fill(rows.data_ptr<float>(), p.length, p.dim, threads, finite,
       [&](int64_t row, int64_t count, float* out) { p.source->keys(kv_head, row, count, out); });
  check(result.first_head);
  result.k = to_device(rows, device, type);
  if (result.k.data_ptr() == rows.data_ptr()) rows = at::empty_like(rows);
  result.q = at::empty({group, p.length, p.dim}, at::TensorOptions(device).dtype(type));
  for (int64_t g = 0; g < group; ++g) {
    poll(options);
    fill(rows.data_ptr<float>(), p.length, p.dim, threads, finite,
         [&](int64_t row, int64_t count, float* out) { p.source->queries(result.first_head + g, row, count, out); });
    check(result.first_head + g);
    result.q[g].copy_(rows.to(type));
  }
  return result;
}

}  // namespace

void poll(const AttentionOptions& options) {
  if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed)) throw Cancelled();
}

GroupTensors read_group(const AttentionProblem& p, const AttentionOptions& options, int64_t kv_head, at::Device device,
                        at::ScalarType type) {
  try {
    return read_as(p, options, kv_head, device, type);
  } catch (const BeyondHalf&) {
    return read_as(p, options, kv_head, device, at::kBFloat16);
  }
}

}  // namespace longattn::device
