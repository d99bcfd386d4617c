// Torch's memory and stream around the kernel; sums of its slots in float64; segments into bins.
#include "cuda/fused/fused_group.h"

#include <ATen/ops/sum.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cmath>

#include "attention/segments.h"
#include "cuda/fused/fused_kernel.h"
#include "cuda/fused/row_end.h"

namespace longattn::device {
namespace {

constexpr double kLog2E = 1.44269504088896340736;

void check_cuda(const char* error) {
  if (error == nullptr) return;
  throw std::runtime_error(std::string("CUDA: ") + error + ". Use LONGATTN_CUDA_KERNEL=tiles, or --device cpu.");
}

at::Tensor widened(const at::Tensor& x, int64_t dim) {
  return (x.size(-1) == dim ? x : at::constant_pad_nd(x, {0, dim - x.size(-1)})).contiguous();
}

HeadStats head_stats(const attention::Segments& segments, const double* sums, const AttentionOptions& options) {
  HeadStats head;
  for (int s = 0; s < segments.count; ++s) {
    const int bin = segments.bin[s];
    head.mass[bin] += sums[kSlotMass + s];
    head.squares[bin] += sums[kSlotSquares + s];
    head.sink_mass[bin] += sums[kSlotSinkMass + s];
    head.sink_squares[bin] += sums[kSlotSinkSquares + s];
    if (s < segments.first_far) continue;
    head.far_mass += sums[kSlotMass + s] + sums[kSlotSinkMass + s];
    head.far_squares += sums[kSlotSquares + s] + sums[kSlotSinkSquares + s];
  }
  if (options.entropy) head.entropy = sums[kSlotEntropy];
  if (options.far_peak) head.far_peak = sums[kSlotPeak];
  return head;
}

}  // namespace

bool has_fused() {
  return true;
}

std::string fused_refuses(const AttentionProblem& p) {
  if (p.softcap > 0) return "a softcap";
  if (p.alibi_slopes != nullptr) return "ALiBi";
  if (p.sliding_window > 0 && p.sliding_window < p.length) return "a sliding window";
  if (fused_dim(p.dim) == 0) return "heads wider than 256";
  if (!(p.scale > 0)) return "a scale that is not positive";
  if (p.length > kFusedMaxLength) return "windows of more than 2^30 tokens";
  return "";
}

GroupResult fused_group(const AttentionProblem& p, const AttentionOptions& options, const GroupTensors& tensors) {
  const c10::InferenceMode inference;
  const at::Device device = tensors.q.device();
  const int64_t group = tensors.q.size(0);
  const int dim = fused_dim(p.dim);
  const FusedType type = tensors.q.scalar_type() == at::kHalf ? FusedType::fp16 : FusedType::bf16;
  const char* error = nullptr;
  const int64_t workspace_bytes = fused_workspace_bytes(type, dim, &error);
  check_cuda(error);

  const auto on_device = [device](at::ScalarType scalar) { return at::TensorOptions(device).dtype(scalar); };
  const at::Tensor q = widened(tensors.q, dim), k = widened(tensors.k, dim);
  const at::Tensor workspace = at::empty({workspace_bytes}, on_device(at::kByte));
  const at::Tensor slots = at::empty({group, fused_blocks(p.length, dim), kSlotFields}, on_device(at::kDouble));
  at::Tensor token_far, sinks;
  if (options.token_far) token_far = at::empty({group, p.length}, on_device(at::kFloat));
  if (p.sink_logits != nullptr) {
    const float* first = p.sink_logits + tensors.first_head;
    sinks = (at::from_blob(const_cast<float*>(first), {group}, at::kFloat) * kLog2E).to(device);
  }
  FusedArguments arguments = {};
  arguments.q = q.const_data_ptr();
  arguments.k = k.const_data_ptr();
  arguments.slots = slots.mutable_data_ptr<double>();
  arguments.token_far = token_far.defined() ? token_far.mutable_data_ptr<float>() : nullptr;
  arguments.workspace = workspace.mutable_data_ptr();
  arguments.sink_logits = sinks.defined() ? sinks.const_data_ptr<float>() : nullptr;
  arguments.scale = static_cast<float>(p.scale * kLog2E);
  arguments.length = static_cast<int>(p.length);
  arguments.heads = static_cast<int>(group);
  arguments.segments = attention::make_segments(p.length, p.k);
  check_cuda(fused_start(type, dim, arguments, c10::cuda::getCurrentCUDAStream(device.index()).stream()));

  const at::Tensor sums = slots.sum(1).cpu();  // waits for the kernel
  poll(options);
  GroupResult result;
  for (int64_t g = 0; g < group; ++g) {
    const double* head = sums.const_data_ptr<double>() + g * kSlotFields;
    if (!std::all_of(head, head + kSlotFields, [](double x) { return std::isfinite(x); }))
      throw NotFinite(tensors.first_head + g);
    result.heads.push_back(head_stats(arguments.segments, head, options));
  }
  if (options.token_far) result.token_far = token_far.cpu();
  return result;
}

}  // namespace longattn::device
