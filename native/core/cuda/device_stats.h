// attention_stats() on devices other than the CPU: the same contract, the same errors. No torch in this header.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "attention_stats.h"

namespace longattn {

// Which of the device's implementations runs:
//   tiles   torch's products and element-wise operators, float32, the whole contract: the default
//   lse     three calls of flash attention and one more a bin edge, fp16; a check of the others, without far peak
//   fused   our kernel, fp16 or bf16 (only in a CUDA build)
enum class DeviceKernel { tiles, lse, fused };

// The one that LONGATTN_CUDA_KERNEL names, tiles if it is unset. Throws std::invalid_argument naming the allowed
// values.
DeviceKernel device_kernel();
const char* device_kernel_name(DeviceKernel kernel);

class DeviceStats {
 public:
  // Devices as parse_devices() gives them; none: torch's CPU, which tests use. `tile_bytes`: the largest tensor of
  // logits.
  explicit DeviceStats(std::vector<int> devices, int64_t tile_bytes = int64_t{256} << 20);

  // Head groups go to the devices in turn: group j to device j modulo their number, so that the bits of a head depend
  // on the kind of device alone. While a device computes, the next group is read. Throws what attention_stats() throws,
  // std::invalid_argument for what the kernel cannot compute, and Error(kOutOfMemory) where halving did not help.
  AttentionStats operator()(const AttentionProblem& problem, const AttentionOptions& options);

  // How often a device ran out of memory, after which the tiles are half as large for good.
  int64_t halvings() const { return halvings_; }
  int64_t tile_bytes() const { return tile_bytes_; }

 private:
  AttentionStats all_groups(const AttentionProblem& problem, const AttentionOptions& options);

  const std::vector<int> devices_;
  std::atomic<int64_t> tile_bytes_;
  std::atomic<int64_t> halvings_{0};
};

}  // namespace longattn
