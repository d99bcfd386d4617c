// Rows are made on the CPU by the source, by several threads, and cross to the device once a group.
#include "cuda/group_tensors.h"

#include <algorithm>

#include "attention/check_problem.h"
#include "cuda/gather.h"
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

GroupTensors read_as(const AttentionProblem& p, const AttentionOptions& options, int64_t kv_head, at::Device device,
                     at::ScalarType type) {
  poll(options);
  const int64_t group = p.heads / p.kv_heads;
  const int threads = thread_count(options.threads);
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
