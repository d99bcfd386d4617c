// A model opened once a device: what a batch of windows runs on. No torch in this header.
#pragma once

#include <memory>
#include <vector>

#include "decoder/decoder.h"
#include "device/stats/device_stats.h"
#include "windows/replicas.h"

namespace longattn {

class ModelReplicas : public Replicas {
 public:
  // One at each of `placements`, at least one. The memory of `options` is shared out among them; a GPU's table may take
  // a quarter of its own memory. Throws as open_layers(), and std::invalid_argument for a wrong LONGATTN_CUDA_KERNEL
  // before weights are read.
  ModelReplicas(const ModelSpec& spec, const OpenOptions& options, const std::vector<Placement>& placements);

  const std::vector<Replica>& all() const override { return replicas_; }

  // Sums over the replicas, DeviceStats::counters() included where they are on devices.
  Counters counters() const override;

 private:
  std::vector<std::unique_ptr<LayerProvider>> providers_;
  std::vector<std::unique_ptr<DeviceStats>> statistics_;  // as many, or none: the CPU's kernels
  std::vector<Replica> replicas_;
};

}  // namespace longattn
