// Head group by head group. On a GPU nothing waits for the device but what a group's own results need.
#include "device/stats/device_stats.h"

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>

#include <cstdlib>

#include "attention/check_problem.h"
#include "device/fused/fused_window.h"
#include "device/halve.h"
#include "device/stats/group_paths.h"
#include "error.h"

namespace longattn {
namespace {

constexpr const char* kVariable = "LONGATTN_CUDA_KERNEL";
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
  throw std::invalid_argument(std::string(kVariable) + " must not be " + device_kernel_name(kernel) +
                              " for this model: that kernel does not compute " + what + ". Use tiles.");
}

template <typename Work>
auto within_memory(int64_t length, const Work& work) {
  try {
    return work();
  } catch (const c10::OutOfMemoryError&) {
    throw Error(kOutOfMemory,
                "the device has not enough memory for a window of " + std::to_string(length) +
                    " tokens. Use shorter windows, end other programs on the device, or use --device cpu.");
  }
}

}  // namespace

const char* device_kernel_name(DeviceKernel kernel) {
  return kernel == DeviceKernel::tiles ? "tiles" : kernel == DeviceKernel::fused ? "fused" : "fused-mma";
}

DeviceKernel device_kernel() {
  const char* wanted = std::getenv(kVariable);
  if (wanted == nullptr || *wanted == '\0') return DeviceKernel::tiles;
  for (const DeviceKernel kernel : {DeviceKernel::tiles, DeviceKernel::fused, DeviceKernel::fused_mma}) {
    if (is_fused(kernel) && !device::has_fused()) continue;
    if (wanted == std::string(device_kernel_name(kernel))) return kernel;
  }
  throw std::invalid_argument(std::string(kVariable) + " must be tiles" +
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

PendingStats DeviceStats::operator()(const AttentionProblem& p, const AttentionOptions& options) {
  const int64_t length = p.length;
  const PendingStats pending = within_memory(length, [&] { return start(p, options); });
  return [length, pending] { return within_memory(length, pending); };
}

PendingStats DeviceStats::start(const AttentionProblem& p, const AttentionOptions& options) {
  attention::check_problem(p, options);
  const DeviceKernel kernel = device_kernel();
  refuse_unsupported(kernel, p);
  const c10::InferenceMode inference;
  const at::Device device = device_of(placement_);
  const c10::DeviceGuard guard(device);
  const device::DeviceRows rows = device::read_rows(p, options, device, *table_);
  return device::halve_on_out_of_memory<c10::OutOfMemoryError>(
      tile_bytes_, kSmallestTile, halvings_, [&](int64_t bytes) -> PendingStats {
        if (!is_fused(kernel)) return [stats = all_groups(p, options, rows, bytes)] { return stats; };
        device::FusedChoice choice;
        if (kernel == DeviceKernel::fused_mma) choice.product = device::FusedProduct::mma;
        return device::fused_window(p, options, rows, bytes, choice);
      });
}

}  // namespace longattn
