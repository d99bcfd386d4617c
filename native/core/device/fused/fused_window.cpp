// Torch's memory and stream around the kernels; sums of their slots in float64.
//
// Groups of heads are packed and computed in pieces of some bytes, so that a long window's packed rows stay small
// beside the rows themselves; a window of 32,768 tokens of Llama-3.1-8B is one piece, whose blocks fill the device to
// the end.
#include "device/fused/fused_window.h"

#include <ATen/ops/sum.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "attention/segments.h"
#include "device/fused/fused_kernel.h"
#include "device/fused/layout.h"
#include "device/fused/packing.h"
#include "device/fused/queue.h"
#include "device/fused/slot_stats.h"
#include "device/staging.h"

namespace longattn::device {
namespace {

using attention::kLog2E;

void check_cuda(const char* error) {
  if (error == nullptr) return;
  throw std::runtime_error(std::string("CUDA: ") + error + ". Use LONGATTN_CUDA_KERNEL=tiles, or --device cpu.");
}
// One window's work, in one type.
class WindowRun {
 public:
  WindowRun(const AttentionProblem& problem, const AttentionOptions& options, const Packing& packing,
            int64_t piece_bytes, const FusedChoice& choice)
      : p_(problem),
        options_(options),
        packing_(packing),
        type_(choice.type),
        dim_(fused_dim(problem.dim)),
        group_(problem.heads / problem.kv_heads),
        queue_(packing.device()) {
    const char* error = nullptr;
    product_ = choice.product ? *choice.product : fused_product(dim_, &error);
    check_cuda(error);
    blocks_ = fused_blocks(product_, dim_, p_.length);
    prepare();
    const int64_t group_bytes = group_ * p_.length * dim_ * 2;
    const int64_t most = std::clamp<int64_t>(piece_bytes / group_bytes, 1, p_.kv_heads);
    const int64_t pieces = (p_.kv_heads + most - 1) / most, piece = (p_.kv_heads + pieces - 1) / pieces;  // even ones
    for (int64_t kv = 0; kv < p_.kv_heads; kv += piece) groups(kv, std::min(piece, p_.kv_heads - kv));
    collect();
  }

  // Waits. Empty if a number was beyond fp16's range.
  std::optional<AttentionStats> result() const {
    queue_.wait();
    const int* flags = found_flags_.const_data_ptr<int>();
    const double* sums = found_sums_.const_data_ptr<double>();
    bool beyond = false;
    for (int64_t h = 0; h < p_.heads; ++h) {
      const int head_flags = flags[h] | flags[p_.heads + h / group_];
      beyond = beyond || (head_flags & kBeyondHalf) != 0;
      if ((head_flags & kNotFinite) != 0) throw NotFinite(h);
    }
    if (beyond) return std::nullopt;
    AttentionStats stats;
    for (int64_t h = 0; h < p_.heads; ++h) {
      const double* head = sums + h * kSlotFields;
      if (!std::all_of(head, head + kSlotFields, [](double x) { return std::isfinite(x); })) throw NotFinite(h);
      stats.heads.push_back(slot_stats(arguments_.segments, head, options_));
    }
    if (options_.token_far) {
      const double* far = found_tokens_.const_data_ptr<double>();
      for (int64_t n = 0; n < p_.length; ++n)
        stats.token_far.push_back(static_cast<float>(far[n] / static_cast<double>(p_.heads)));
    }
    return stats;
  }

 private:
  at::TensorOptions like(at::ScalarType type) const { return at::TensorOptions(packing_.device()).dtype(type); }

  // [H] of the problem, in base 2, on the device.
  at::Tensor per_head(const float* values) const {
    if (values == nullptr) return {};
    const at::Tensor staged = staging({p_.heads}, at::kFloat, packing_.device());
    std::transform(values, values + p_.heads, staged.data_ptr<float>(),
                   [](float x) { return static_cast<float>(x * kLog2E); });
    return to_device(staged, packing_.device());
  }

  void prepare() {
    const char* error = nullptr;
    workspace_ = at::empty({fused_workspace_bytes(product_, type_, dim_, &error)}, like(at::kByte));
    check_cuda(error);
    slots_ = at::empty({p_.heads, blocks_, kSlotFields}, like(at::kDouble));
    flags_ = at::zeros({p_.heads + p_.kv_heads}, like(at::kInt));
    if (options_.token_far) token_far_ = at::empty({p_.heads, p_.length}, like(at::kFloat));
    sinks_ = per_head(p_.sink_logits);
    slopes_ = per_head(p_.alibi_slopes);
    arguments_.workspace = workspace_.mutable_data_ptr();
    arguments_.scale = static_cast<float>(p_.softcap > 0 ? p_.scale / p_.softcap : p_.scale * kLog2E);
    arguments_.softcap = static_cast<float>(p_.softcap * kLog2E);
    arguments_.window = p_.sliding_window < p_.length ? static_cast<int>(p_.sliding_window) : 0;
    arguments_.length = static_cast<int>(p_.length);
    arguments_.group = static_cast<int>(group_);
    arguments_.query_tiles = fused_query_tiles(product_, dim_, p_.length);
    arguments_.key_tiles = fused_key_tiles(p_.length);
    arguments_.segments = attention::make_segments(p_.length, p_.k);
  }

  void groups(int64_t kv, int64_t count) {
    const int64_t head = kv * group_, heads = count * group_;
    const at::Tensor q = at::empty({heads, arguments_.query_tiles, tile_bytes(kQueryTileRows, dim_)}, like(at::kByte));
    const at::Tensor k = at::empty({count, arguments_.key_tiles, tile_bytes(kKeyTileRows, dim_)}, like(at::kByte));
    int* flags = flags_.mutable_data_ptr<int>();
    check_cuda(fused_pack_queries(type_, dim_, packing_.queries(head, heads, arguments_.query_tiles, q, flags + head),
                                  queue_.stream()));
    check_cuda(fused_pack_keys(type_, dim_, packing_.keys(kv, count, arguments_.key_tiles, k, flags + p_.heads + kv),
                               queue_.stream()));
    FusedArguments a = arguments_;
    a.q = q.const_data_ptr();
    a.k = k.const_data_ptr();
    a.heads = static_cast<int>(heads);
    a.slots = slots_.mutable_data_ptr<double>() + head * blocks_ * kSlotFields;
    if (token_far_.defined()) a.token_far = token_far_.mutable_data_ptr<float>() + head * p_.length;
    if (sinks_.defined()) a.sink_logits = sinks_.const_data_ptr<float>() + head;
    if (slopes_.defined()) a.slopes = slopes_.const_data_ptr<float>() + head;
    check_cuda(fused_start(product_, type_, dim_, a, queue_.stream()));
  }

  // Results on their way to the CPU; what only the kernels needed is given back, in the stream's order.
  void collect() {
    const auto fetch = [&](const at::Tensor& x) {
      const at::Tensor to = staging(x.sizes(), x.scalar_type(), packing_.device());
      to.copy_(x, /*non_blocking=*/true);
      return to;
    };
    found_sums_ = fetch(slots_.sum(1));
    found_flags_ = fetch(flags_);
    if (options_.token_far) found_tokens_ = fetch(token_far_.sum(at::IntArrayRef{0}, false, at::kDouble));
    queue_.mark();
    for (at::Tensor* x : {&workspace_, &slots_, &flags_, &token_far_, &sinks_, &slopes_}) x->reset();
  }

  const AttentionProblem& p_;
  const AttentionOptions& options_;
  const Packing& packing_;
  const FusedType type_;
  const int dim_;
  const int64_t group_;
  Queue queue_;
  FusedProduct product_ = FusedProduct::mma;
  int64_t blocks_ = 0;
  at::Tensor workspace_, slots_, flags_, token_far_, sinks_, slopes_;
  FusedArguments arguments_ = {};  // what all pieces have in common
  at::Tensor found_sums_, found_flags_, found_tokens_;
};

}  // namespace

bool has_fused() {
  return true;
}

std::string fused_refuses(const AttentionProblem& p) {
  if (fused_dim(p.dim) == 0) return "heads wider than 256";
  if (p.length > kFusedMaxLength) return "windows of more than 2^30 tokens";
  return "";
}

PendingStats fused_window(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
                          int64_t piece_bytes, const FusedChoice& choice) {
  // What outlives this call: of the problem, its source does not.
  struct Kept {
    AttentionProblem problem;
    AttentionOptions options;
    Packing packing;
    std::unique_ptr<WindowRun> window;
  };
  const c10::InferenceMode inference;
  const c10::DeviceGuard guard(rows.q.device());
  const auto kept = std::make_shared<Kept>(Kept{problem, options, Packing(problem, rows), nullptr});
  kept->problem.source = kept->problem.mutable_source = nullptr;
  kept->window = std::make_unique<WindowRun>(kept->problem, kept->options, kept->packing, piece_bytes, choice);
  return [kept, piece_bytes, choice]() -> AttentionStats {
    if (auto stats = kept->window->result()) return *std::move(stats);
    const c10::InferenceMode inference;
    const c10::DeviceGuard guard(kept->packing.device());
    return WindowRun(kept->problem, kept->options, kept->packing, piece_bytes, {FusedType::bf16, choice.product})
        .result()
        .value();
  };
}

}  // namespace longattn::device
