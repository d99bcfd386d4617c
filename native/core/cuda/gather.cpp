// Only distinct rows and an index cross to the device; positions are its own.
#include "cuda/gather.h"

#include <ATen/ops/index_select.h>

#include <algorithm>

#include "attention/check_problem.h"
#include "cuda/rotate.h"
#include "parallel_rows.h"

namespace longattn::device {
namespace {

// The lowest head whose row holds NaN or Inf; the key's is the group's first.
int64_t bad_head(const AttentionProblem& p, const float* rows, int64_t count, int64_t first_head) {
  const int64_t group = p.heads / p.kv_heads;
  int64_t lowest = group;
  for (int64_t row = 0; row < count * (group + 1); ++row)
    if (!attention::all_finite(rows + row * p.dim, p.dim)) lowest = std::min(lowest, row % (group + 1) % group);
  return first_head + lowest;
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
  const RopeTable& rope = distinct.rotation();
  if (rope.half() > 0) rotate(rope, angles_of(rope, p.length, device), x);
  return x;
}

}  // namespace longattn::device
