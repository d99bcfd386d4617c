// Head group by head group. On a GPU nothing waits for the device but what a group's own results need.
#include "device/stats/device_stats.h"

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>

#include <utility>

#include "attention/check_problem.h"
#include "device/failure.h"
#include "device/fused/fused_window.h"
#include "device/halve.h"
#include "device/stats/cpu_check.h"
#include "device/stats/group_paths.h"
#include "wish.h"

namespace longattn {
namespace {

constexpr int64_t kSmallestTile = int64_t{1} << 20;

at::Device device_of(const Placement& placement) {
  if (placement.kind != Placement::Kind::cuda) return at::kCPU;
  return {at::kCUDA, static_cast<c10::DeviceIndex>(placement.index)};
}

bool is_fused(DeviceKernel kernel) {
  return kernel == DeviceKernel::fused || kernel == DeviceKernel::fused_mma;
}

// Group after group, each to its end.
AttentionStats all_groups(const AttentionProblem& p, const AttentionOptions& options, const device::DeviceRows& rows,
                          int64_t tile_bytes) {
  AttentionStats result;
  std::vector<double> token_far(options.token_far ? p.length : 0);
  for (int64_t kv = 0; kv < p.kv_heads; ++kv) {
    poll(options.cancel);
    const device::GroupTensors tensors = device::read_group(rows, kv);
    const device::GroupResult group = device::tiles_group(p, options, tensors, tile_bytes);
    result.heads.insert(result.heads.end(), group.heads.begin(), group.heads.end());
    if (!options.token_far) continue;
    const float* far = group.token_far.const_data_ptr<float>();
    for (int64_t i = 0; i < group.token_far.numel(); ++i) token_far[i % p.length] += far[i];
  }
  for (const double sum : token_far) result.token_far.push_back(static_cast<float>(sum / static_cast<double>(p.heads)));
  return result;
}

void refuse_unsupported(DeviceKernel kernel, const AttentionProblem& p) {
  const std::string what = is_fused(kernel) ? device::fused_refuses(p) : "";
  if (what.empty()) return;
  throw std::invalid_argument(std::string(kCudaKernelVariable) + " must not be " + device_kernel_name(kernel) +
                              " for this model: that kernel does not compute " + what + ". Use tiles.");
}

std::string name_of(const Placement& placement) {
  return placement.kind == Placement::Kind::cuda ? "cuda:" + std::to_string(placement.index) : kTorchCpu;
}

[[noreturn]] void refuse_mismatch(const Placement& placement, DeviceKernel kernel, const std::string& what) {
  throw Error(kDeviceMismatch, name_of(placement) + " with the kernel " + device_kernel_name(kernel) +
                                   " does not compute what the CPU does: " + what +
                                   ". Nothing of it was kept. Set LONGATTN_CUDA_KERNEL=tiles or use --device cpu, and "
                                   "report the card, its driver and this message.");
}

// A row that is not finite is the data's fault if the CPU, given the device's rows, says so too.
[[noreturn]] void blame(const Placement& placement, DeviceKernel kernel, const AttentionProblem& problem,
                        const AttentionOptions& options, const device::DeviceRows& rows, const NotFinite& error) {
  const c10::InferenceMode inference;
  const c10::DeviceGuard guard(device_of(placement));
  if (device::cpu_finds_not_finite(problem, options, rows, error.head)) throw error;
  refuse_mismatch(placement, kernel,
                  "the attention of head " + std::to_string(error.head) + " is not finite, and the CPU's is");
}

}  // namespace

const char* device_kernel_name(DeviceKernel kernel) {
  return kernel == DeviceKernel::tiles ? "tiles" : kernel == DeviceKernel::fused ? "fused" : "fused-mma";
}

DeviceKernel device_kernel() {
  const char* wanted = wish(kCudaKernelVariable);
  if (wanted == nullptr || *wanted == '\0') return DeviceKernel::tiles;
  for (const DeviceKernel kernel : {DeviceKernel::tiles, DeviceKernel::fused, DeviceKernel::fused_mma}) {
    if (is_fused(kernel) && !device::has_fused()) continue;
    if (wanted == std::string(device_kernel_name(kernel))) return kernel;
  }
  throw std::invalid_argument(std::string(kCudaKernelVariable) + " must be tiles" +
                              (device::has_fused() ? ", fused or fused-mma" : "") + ", not " + wanted +
                              ". Unset it for tiles.");
}

DeviceStats::DeviceStats(const Placement& placement, int64_t table_bytes, int64_t tile_bytes)
    : placement_(placement),
      table_(std::make_unique<device::DeviceTable>(device_of(placement), table_bytes)),
      tile_bytes_(tile_bytes) {}

DeviceStats::~DeviceStats() = default;

int64_t DeviceStats::halvings() const {
  return halvings_ + table_->halvings();
}

Counters DeviceStats::counters() const {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  return {{"deviceTileBytes", number(tile_bytes_)}, {"deviceOutOfMemory", number(halvings())},
          {"deviceTiles", number(served_.tiles)},   {"deviceWgmma", number(served_.wgmma)},
          {"deviceMma", number(served_.mma)},       {"deviceScaled", number(served_.scaled)},
          {"deviceBf16", number(served_.bf16)},     {"deviceChecked", number(served_.checked)}};
}

PendingStats DeviceStats::operator()(const AttentionProblem& p, const AttentionOptions& options) {
  attention::check_problem(p, options);
  const DeviceKernel kernel = device_kernel();
  refuse_unsupported(kernel, p);
  const std::string window = "a window of " + std::to_string(p.length) + " tokens";
  const PendingStats pending = device::on_device(placement_, window, [&] { return start(p, options, kernel); });
  return [placement = placement_, window, pending] { return device::on_device(placement, window, pending); };
}

struct DeviceStats::Outcome {
  AttentionStats stats;
  device::Rounding rounding;
};

void DeviceStats::count(const device::FusedResult& result) {
  ++(result.product == device::FusedProduct::wgmma ? served_.wgmma : served_.mma);
  if (result.scaled) ++served_.scaled;
  if (result.type == device::FusedType::bf16) ++served_.bf16;
}

// The CPU's kernel comes before the device's: a window's counts are those of who looked its tokens up last.
PendingStats DeviceStats::start(const AttentionProblem& p, const AttentionOptions& options, DeviceKernel kernel) {
  const c10::InferenceMode inference;
  const c10::DeviceGuard guard(device_of(placement_));
  if (checked_) return [pending = start_kernel(p, options, kernel)] { return pending().stats; };
  AttentionStats want =
      device::cpu_stats(p, options, is_fused(kernel) ? device::Rounding::fp16 : device::Rounding::none);
  checked_ = true;
  ++served_.checked;
  return [this, kernel, length = p.length, want = std::move(want), pending = start_kernel(p, options, kernel)] {
    Outcome got = pending();
    const std::string what = device::difference(got.stats, want, length, got.rounding);
    if (!what.empty()) refuse_mismatch(placement_, kernel, what);
    return std::move(got.stats);
  };
}

DeviceStats::PendingOutcome DeviceStats::start_kernel(const AttentionProblem& p, const AttentionOptions& options,
                                                      DeviceKernel kernel) {
  const device::DeviceRows rows = device::read_rows(p, options, device_of(placement_), *table_);
  const auto tiles = [&](int64_t bytes) -> PendingOutcome {
    try {
      AttentionStats stats = all_groups(p, options, rows, bytes);
      ++served_.tiles;
      return [stats = std::move(stats)] { return Outcome{stats, device::Rounding::none}; };
    } catch (const NotFinite& error) {
      blame(placement_, kernel, p, options, rows, error);
    }
  };
  const auto fused = [&](int64_t bytes) -> PendingOutcome {
    device::FusedChoice choice;
    if (kernel == DeviceKernel::fused_mma) choice.product = device::FusedProduct::mma;
    AttentionProblem kept = p;  // its source ends with this call
    kept.source = kept.mutable_source = nullptr;
    return [this, kernel, kept, options, rows, pending = device::fused_window(p, options, rows, bytes, choice)] {
      try {
        device::FusedResult result = pending();
        count(result);
        const bool bf16 = result.type == device::FusedType::bf16;
        return Outcome{std::move(result.stats), bf16 ? device::Rounding::bf16 : device::Rounding::fp16};
      } catch (const NotFinite& error) {
        blame(placement_, kernel, kept, options, rows, error);
      }
    };
  };
  return device::halve_on_out_of_memory<c10::OutOfMemoryError>(
      tile_bytes_, kSmallestTile, halvings_,
      [&](int64_t bytes) { return is_fused(kernel) ? fused(bytes) : tiles(bytes); });
}

}  // namespace longattn
