// Torch's memory and stream around the kernels.
//
// Groups of heads are packed and computed in pieces of some bytes, so that a long window's packed rows stay small
// beside the rows themselves; a window of 32,768 tokens of Llama-3.1-8B is one piece, whose blocks fill the device to
// the end.
#include "device/fused/fused_window.h"

#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "device/failure.h"
#include "device/fused/fused_problem.h"
#include "device/fused/half_range.h"
#include "device/fused/packing.h"
#include "device/fused/queue.h"
#include "device/fused/slot_stats.h"
#include "device/staging.h"

namespace longattn::device {
namespace {

using attention::kLog2E;

void check_cuda(const char* error) {
  if (error != nullptr) throw device_failure(error);
}

// Powers of two of the heads, [H] of Q and then [Hkv] of K: how often their numbers are halved.
using Halvings = std::vector<int>;

// One window's work, in one type.
class WindowRun {
 public:
  WindowRun(const AttentionProblem& problem, const AttentionOptions& options, const Packing& packing,
            int64_t piece_bytes, const FusedChoice& choice, const Halvings& halvings = {})
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
    prepare(halvings);
    const int64_t group_bytes = group_ * p_.length * dim_ * 2;
    const int64_t most = std::clamp<int64_t>(piece_bytes / group_bytes, 1, p_.kv_heads);
    const int64_t pieces = (p_.kv_heads + most - 1) / most, piece = (p_.kv_heads + pieces - 1) / pieces;  // even ones
    for (int64_t kv = 0; kv < p_.kv_heads; kv += piece) groups(kv, std::min(piece, p_.kv_heads - kv));
    collect();
  }

  // Waits. Empty if a number was beyond fp16's range: halvings() says by how much.
  std::optional<FusedResult> result() const {
    queue_.wait();
    bool beyond = false;
    for (int64_t h = 0; h < p_.heads; ++h) {
      const uint32_t bits = std::max(beyond_of(h), beyond_of(p_.heads + h / group_));
      if (bits >= kInfinityBits) throw NotFinite(h);
      beyond = beyond || bits != 0;
    }
    if (beyond) return std::nullopt;
    const double* sums = found_sums_.const_data_ptr<double>();
    FusedResult result{{}, product_, type_, shrink_.defined()};
    for (int64_t h = 0; h < p_.heads; ++h) {
      const double* head = sums + h * kSlotFields;
      if (!std::all_of(head, head + kSlotFields, [](double x) { return std::isfinite(x); })) throw NotFinite(h);
      result.stats.heads.push_back(slot_stats(arguments_.segments, head, options_));
    }
    if (options_.token_far) {
      const double* far = found_tokens_.const_data_ptr<double>();
      for (int64_t n = 0; n < p_.length; ++n)
        result.stats.token_far.push_back(static_cast<float>(far[n] / static_cast<double>(p_.heads)));
    }
    return result;
  }

  Halvings halvings() const {
    Halvings result;
    for (int64_t i = 0; i < p_.heads + p_.kv_heads; ++i) result.push_back(halvings_into_half(beyond_of(i)));
    return result;
  }

 private:
  uint32_t beyond_of(int64_t i) const { return static_cast<uint32_t>(found_beyond_.const_data_ptr<int>()[i]); }

  at::TensorOptions like(at::ScalarType type) const { return at::TensorOptions(packing_.device()).dtype(type); }

  // [H] of the problem, in base 2, on the device.
  at::Tensor per_head(const float* values) const {
    if (values == nullptr) return {};
    const at::Tensor staged = staging({p_.heads}, at::kFloat, packing_.device());
    std::transform(values, values + p_.heads, staged.data_ptr<float>(),
                   [](float x) { return static_cast<float>(x * kLog2E); });
    return to_device(staged, packing_.device());
  }

  void prepare(const Halvings& halvings) {
    const char* error = nullptr;
    workspace_ = at::empty({fused_workspace_bytes(product_, type_, dim_, &error)}, like(at::kByte));
    check_cuda(error);
    slots_ = at::empty({p_.heads, blocks_, kSlotFields}, like(at::kDouble));
    beyond_ = at::zeros({p_.heads + p_.kv_heads}, like(at::kInt));
    if (options_.token_far) token_far_ = at::empty({p_.heads, p_.length}, like(at::kFloat));
    sinks_ = per_head(p_.sink_logits);
    slopes_ = per_head(p_.alibi_slopes);
    if (!halvings.empty()) scale_heads(halvings);
    arguments_ = fused_arguments(p_, product_, dim_);
    arguments_.workspace = workspace_.mutable_data_ptr();
  }

  void scale_heads(const Halvings& halvings) {
    const at::Tensor shrink = staging({p_.heads + p_.kv_heads}, at::kFloat, packing_.device());
    const at::Tensor factors = staging({p_.heads}, at::kFloat, packing_.device());
    std::transform(halvings.begin(), halvings.end(), shrink.data_ptr<float>(), [](int n) { return power_of_two(-n); });
    for (int64_t h = 0; h < p_.heads; ++h)
      factors.data_ptr<float>()[h] = power_of_two(halvings[h] + halvings[p_.heads + h / group_]);
    shrink_ = to_device(shrink, packing_.device());
    factors_ = to_device(factors, packing_.device());
  }

  void groups(int64_t kv, int64_t count) {
    const int64_t head = kv * group_, heads = count * group_;
    const at::Tensor q = at::empty({heads, arguments_.query_tiles, tile_bytes(kQueryTileRows, dim_)}, like(at::kByte));
    const at::Tensor k = at::empty({count, arguments_.key_tiles, tile_bytes(kKeyTileRows, dim_)}, like(at::kByte));
    int* beyond = beyond_.mutable_data_ptr<int>();
    const float* shrink = shrink_.defined() ? shrink_.const_data_ptr<float>() : nullptr;
    const auto of = [&](int64_t first) { return shrink == nullptr ? nullptr : shrink + first; };
    check_cuda(fused_pack_queries(type_, dim_,
                                  packing_.queries(head, heads, arguments_.query_tiles, q, beyond + head, of(head)),
                                  queue_.stream()));
    check_cuda(fused_pack_keys(
        type_, dim_, packing_.keys(kv, count, arguments_.key_tiles, k, beyond + p_.heads + kv, of(p_.heads + kv)),
        queue_.stream()));
    FusedArguments a = arguments_;
    a.q = q.const_data_ptr();
    a.k = k.const_data_ptr();
    a.heads = static_cast<int>(heads);
    a.slots = slots_.mutable_data_ptr<double>() + head * blocks_ * kSlotFields;
    if (token_far_.defined()) a.token_far = token_far_.mutable_data_ptr<float>() + head * p_.length;
    if (sinks_.defined()) a.sink_logits = sinks_.const_data_ptr<float>() + head;
    if (slopes_.defined()) a.slopes = slopes_.const_data_ptr<float>() + head;
    if (factors_.defined()) a.factors = factors_.const_data_ptr<float>() + head;
    check_cuda(fused_start(product_, type_, dim_, a, queue_.stream()));
  }

  // Results on their way to the CPU; what only the kernels needed is given back, in the stream's order.
  void collect() {
    const at::Tensor sums = at::empty({p_.heads, kSlotFields}, like(at::kDouble));
    const at::Tensor tokens = options_.token_far ? at::empty({p_.length}, like(at::kDouble)) : at::Tensor();
    SumArguments a = {};
    a.slots = slots_.const_data_ptr<double>();
    a.sums = sums.mutable_data_ptr<double>();
    a.blocks = static_cast<int>(blocks_);
    a.heads = static_cast<int>(p_.heads);
    a.length = static_cast<int>(p_.length);
    if (tokens.defined()) {
      a.token_far = token_far_.const_data_ptr<float>();
      a.token_sums = tokens.mutable_data_ptr<double>();
    }
    check_cuda(fused_sum(a, queue_.stream()));
    const auto fetch = [&](const at::Tensor& x) {
      const at::Tensor to = staging(x.sizes(), x.scalar_type(), packing_.device());
      to.copy_(x, /*non_blocking=*/true);
      return to;
    };
    found_sums_ = fetch(sums);
    found_beyond_ = fetch(beyond_);
    if (tokens.defined()) found_tokens_ = fetch(tokens);
    queue_.mark();
    for (at::Tensor* x : {&workspace_, &slots_, &beyond_, &token_far_, &sinks_, &slopes_, &factors_}) x->reset();
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
  at::Tensor workspace_, slots_, beyond_, token_far_, sinks_, slopes_, shrink_, factors_;
  FusedArguments arguments_ = {};  // what all pieces have in common
  at::Tensor found_sums_, found_beyond_, found_tokens_;
};

}  // namespace

bool has_fused() {
  return true;
}

std::string fused_refuses(const AttentionProblem& p) {
  if (fused_dim(p.dim) == 0) return "heads wider than 256";
  if (p.length > kFusedMaxLength) return "windows of more than 2^24 tokens";
  if (p.heads > kFusedMaxHeads) return "more than 4,096 heads";
  return "";
}

PendingFused fused_window(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
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
  return [kept, piece_bytes, choice]() -> FusedResult {
    if (auto result = kept->window->result()) return *std::move(result);
    const Halvings halvings = kept->window->halvings();
    const bool few = std::all_of(halvings.begin(), halvings.end(), [](int n) { return n <= kMostShrink; });
    const c10::InferenceMode inference;
    const c10::DeviceGuard guard(kept->packing.device());
    const FusedChoice again = {few ? FusedType::fp16 : FusedType::bf16, choice.product};
    return WindowRun(kept->problem, kept->options, kept->packing, piece_bytes, again, few ? halvings : Halvings())
        .result()
        .value();
  };
}

}  // namespace longattn::device
