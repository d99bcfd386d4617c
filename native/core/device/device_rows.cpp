// Three kinds of sources: tensors that are handed over whole; token rows, which the device keeps; and rows made on the
// CPU, which cross to the device a head at a time, one while the next is made.
#include "device/device_rows.h"

#include <algorithm>

#include "device/staging.h"
#include "device/tensor_rows.h"
#include "parallel_rows.h"

namespace longattn::device {
namespace {

constexpr int64_t kRows = 64;  // a piece of work

// out [L, d] on the device <- one head; `read` is (row, count, out).
template <typename Read>
void read_head(const AttentionProblem& p, const AttentionOptions& options, const at::Tensor& out, const Read& read) {
  poll(options.cancel);
  const at::Tensor staged = staging({p.length, p.dim}, at::kFloat, out.device());
  float* rows = staged.data_ptr<float>();
  parallel_rows((p.length + kRows - 1) / kRows, thread_count(options.threads), [&](int64_t block) {
    const int64_t row = block * kRows;
    read(row, std::min(kRows, p.length - row), rows + row * p.dim);
  });
  out.copy_(staged, /*non_blocking=*/true);
}

DeviceRows made_on_cpu(const AttentionProblem& p, const AttentionOptions& options, at::Device device) {
  const auto floats = at::TensorOptions(device).dtype(at::kFloat);
  const at::Tensor q = at::empty({p.heads, p.length, p.dim}, floats),
                   k = at::empty({p.kv_heads, p.length, p.dim}, floats);
  const int64_t group = p.heads / p.kv_heads;
  for (int64_t kv = 0; kv < p.kv_heads; ++kv) {
    if (p.mutable_source != nullptr) p.mutable_source->prepare_group(kv);
    read_head(p, options, k[kv], [&](int64_t row, int64_t count, float* out) { p.source->keys(kv, row, count, out); });
    for (int64_t head = kv * group; head < (kv + 1) * group; ++head) {
      read_head(p, options, q[head],
                [&](int64_t row, int64_t count, float* out) { p.source->queries(head, row, count, out); });
    }
  }
  return {q.transpose(0, 1), k.transpose(0, 1), {}, {}};
}

}  // namespace

DeviceRows read_rows(const AttentionProblem& p, const AttentionOptions& options, at::Device device,
                     DeviceTable& table) {
  poll(options.cancel);
  if (const auto* tensors = dynamic_cast<const TensorRows*>(p.source)) {
    return {tensors->query_rows().to(device), tensors->key_rows().to(device), {}, {}};
  }
  auto* tokens = dynamic_cast<TokenRows*>(p.mutable_source);
  if (tokens == nullptr || !tokens->has_token_rows()) return made_on_cpu(p, options, device);
  const auto [rows, index] = table.look_up(p, *tokens);
  return {rows.narrow(1, 0, p.heads), rows.narrow(1, p.heads, p.kv_heads), index, table.angles(p, *tokens)};
}

}  // namespace longattn::device
