// attention_stats() on a device other than the CPU: the same contract, the same errors. No torch in this header.
//
// A DeviceStats has one device. Several devices work on several windows (replicas.h), so that layers, losses and
// statistics of a window are where its rows are.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "attention_stats.h"
#include "device/device.h"
#include "windows/layer_provider.h"

namespace longattn {

namespace device {
class DeviceTable;
struct FusedResult;
}  // namespace device

// Which of the device's implementations runs:
//   tiles   torch's products and element-wise operators, float32, the whole contract: the default
//   fused   our kernels, fp16 or bf16 (only in a CUDA build), with the products that the device does fastest
//   fused_mma  the same with the products of Ampere and newer: a check of Hopper's
enum class DeviceKernel { tiles, fused, fused_mma };

// The one that LONGATTN_CUDA_KERNEL names, tiles if it is unset. Throws std::invalid_argument naming the allowed
// values.
DeviceKernel device_kernel();
const char* device_kernel_name(DeviceKernel kernel);

class DeviceStats {
 public:
  // On one device, which is not Placement::Kind::cpu. `table_bytes`: budget of the rows of layer 0's tokens that stay
  // on the device (device/device_table.h). `tile_bytes`: the largest tensor of logits.
  explicit DeviceStats(const Placement& placement, int64_t table_bytes = int64_t{256} << 20,
                       int64_t tile_bytes = int64_t{256} << 20);
  ~DeviceStats();

  // From one thread at a time. The fused kernels are in flight when it returns, the others have ended. The first call
  // is computed by the CPU's kernel too. Throws what attention_stats() throws, std::invalid_argument for what the
  // kernel cannot compute, and Error: kOutOfMemory where halving did not help, kDeviceFailed for an error of the CUDA
  // runtime, kDeviceMismatch where the CPU has other numbers.
  PendingStats operator()(const AttentionProblem& problem, const AttentionOptions& options);

  // How often the device ran out of memory, after which the tiles, or the table's budget, are half as large for good.
  int64_t halvings() const;
  int64_t tile_bytes() const { return tile_bytes_; }

  // deviceTileBytes, deviceOutOfMemory, and how many windows (each with each of its layers) took which path:
  // deviceTiles, deviceWgmma, deviceMma; of the latter two deviceScaled and deviceBf16, which had numbers beyond fp16;
  // deviceChecked were computed by the CPU too.
  Counters counters() const;

 private:
  struct Served {
    std::atomic<int64_t> tiles{0}, wgmma{0}, mma{0}, scaled{0}, bf16{0}, checked{0};
  };

  struct Outcome;
  using PendingOutcome = std::function<Outcome()>;
  PendingStats start(const AttentionProblem& problem, const AttentionOptions& options, DeviceKernel kernel);
  PendingOutcome start_kernel(const AttentionProblem& problem, const AttentionOptions& options, DeviceKernel kernel);
  void count(const device::FusedResult& result);

  const Placement placement_;
  std::unique_ptr<device::DeviceTable> table_;
  std::atomic<int64_t> tile_bytes_;
  std::atomic<int64_t> halvings_{0};
  bool checked_ = false;  // a call was computed by the CPU too
  Served served_;
};

}  // namespace longattn
