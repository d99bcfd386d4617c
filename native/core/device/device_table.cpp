// New tokens are projected on the CPU a block at a time, so that the copy of one block runs beside the next one's
// products; a block crosses as the projector wrote it, and the device puts its heads in order.
#include "device/device_table.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

#include "device/halve.h"
#include "device/staging.h"

namespace longattn::device {
namespace {

constexpr int32_t kAbsent = -1;

int64_t row_bytes(const AttentionProblem& p) {
  return (p.heads + p.kv_heads) * p.dim * static_cast<int64_t>(sizeof(float));
}

}  // namespace

at::Tensor DeviceTable::empty_rows(const AttentionProblem& p, int64_t count) const {
  return at::empty({count, p.heads + p.kv_heads, p.dim}, at::TensorOptions(device_).dtype(at::kFloat));
}

void DeviceTable::fill(const AttentionProblem& p, const TokenRows& source, const std::vector<TokenAt>& tokens,
                       const at::Tensor& rows) const {
  const auto total = static_cast<int64_t>(tokens.size());
  const int64_t group = p.heads / p.kv_heads;
  for (int64_t first = 0; first < total; first += source.block_rows()) {
    const int64_t count = std::min(source.block_rows(), total - first);
    const at::Tensor staged = staging({count, p.kv_heads, group + 1, p.dim}, at::kFloat, device_);
    source.project(tokens.data() + first, count, staged.data_ptr<float>());
    const at::Tensor block = to_device(staged, device_), to = rows.narrow(0, first, count);
    to.narrow(1, 0, p.heads).view({count, p.kv_heads, group, p.dim}).copy_(block.narrow(2, 0, group));
    to.narrow(1, p.heads, p.kv_heads).copy_(block.select(2, group));
  }
}

void DeviceTable::begin_anew(const AttentionProblem& p, const TokenRows& source, int64_t needed) {
  model_ = source.model();
  used_ = 0;
  slots_.assign(static_cast<size_t>(source.vocab()), kAbsent);
  // A window that is still in flight may read its rows once more (bf16 after fp16): they are its own then.
  const bool ours = rows_.defined() && rows_.storage().use_count() == 1;
  const bool fits = ours && rows_.size(0) >= needed && rows_.size(1) == p.heads + p.kv_heads && rows_.size(2) == p.dim;
  if (fits) return;
  rows_.reset();
  rows_ = halve_on_out_of_memory<c10::OutOfMemoryError>(
      budget_bytes_, std::max<int64_t>(1, needed * row_bytes(p) / 2), halvings_,
      [&](int64_t budget) { return empty_rows(p, std::max(needed, std::min(source.vocab(), budget / row_bytes(p)))); });
}

DeviceTable::Rows DeviceTable::look_up(const AttentionProblem& p, TokenRows& source) {
  const int32_t* ids = source.ids();
  std::vector<TokenAt> wanted;
  if (source.by_position()) {  // of no use to another window
    for (int64_t n = 0; n < p.length; ++n) wanted.push_back({ids[n], n});
    const at::Tensor rows = empty_rows(p, p.length);
    fill(p, source, wanted, rows);
    source.count({p.length, 0, 0, 0});
    return {rows, {}};
  }

  const bool other_model = source.model() != model_;
  seen_.resize(static_cast<size_t>(source.vocab()));
  std::vector<TokenAt> distinct;
  ++window_;
  for (int64_t n = 0; n < p.length; ++n) {
    if (std::exchange(seen_[ids[n]], window_) == window_) continue;
    distinct.push_back({ids[n], 0});
    if (other_model || slots_[ids[n]] == kAbsent) wanted.push_back({ids[n], 0});
  }
  const auto all = static_cast<int64_t>(distinct.size());
  const int64_t capacity = rows_.defined() ? rows_.size(0) : 0;
  if (other_model || used_ + static_cast<int64_t>(wanted.size()) > capacity) {
    begin_anew(p, source, all);
    wanted = distinct;
  }
  const auto added = static_cast<int64_t>(wanted.size());
  fill(p, source, wanted, rows_.narrow(0, used_, added));
  for (const TokenAt& at : wanted) slots_[at.token] = static_cast<int32_t>(used_++);
  source.count({all, all - added, used_, used_ * row_bytes(p)});

  const at::Tensor index = staging({p.length}, at::kInt, device_);
  std::transform(ids, ids + p.length, index.data_ptr<int32_t>(), [&](int32_t id) { return slots_[id]; });
  return {rows_, to_device(index, device_)};
}

Angles DeviceTable::angles(const AttentionProblem& p, const TokenRows& source) {
  if (angles_model_ != source.model() || angles_length_ != p.length) {
    angles_ = angles_of(source.rotation(), p.length, device_);
    angles_model_ = source.model();
    angles_length_ = p.length;
  }
  return angles_;
}

}  // namespace longattn::device
