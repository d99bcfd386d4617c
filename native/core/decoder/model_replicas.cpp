// Opened one after the other: each reads the same pages of the same files.
#include "decoder/model_replicas.h"

#include <algorithm>

namespace longattn {
namespace {

constexpr int64_t kTableShare = 4;  // of a GPU's memory: a quarter

int64_t table_bytes(const Placement& placement, int64_t main_memory) {
  if (placement.kind != Placement::Kind::cuda) return main_memory;
  for (const CudaDevice& device : cuda_devices())
    if (device.index == placement.index) return device.memory_bytes / kTableShare;
  return main_memory;
}

}  // namespace

ModelReplicas::ModelReplicas(const ModelSpec& spec, const OpenOptions& options,
                             const std::vector<Placement>& placements) {
  const int64_t share = options.memory_bytes / static_cast<int64_t>(placements.size());
  for (const Placement& placement : placements) {
    const bool on_device = placement.kind != Placement::Kind::cpu;
    if (on_device) (void)device_kernel();
    providers_.push_back(open_layers(spec, {share, options.threads, options.cancel}, placement));
    Replica replica{providers_.back().get()};
    if (on_device) {
      statistics_.push_back(std::make_unique<DeviceStats>(placement, table_bytes(placement, share)));
      replica.statistics = [stats = statistics_.back().get()](const AttentionProblem& problem,
                                                              const AttentionOptions& options) {
        return (*stats)(problem, options);
      };
    }
    replicas_.push_back(std::move(replica));
  }
}

Counters ModelReplicas::counters() const {
  Counters sums;
  for (const auto& provider : providers_)
    for (const auto& [name, value] : provider->counters()) sums[name] += value;
  for (const auto& stats : statistics_)
    for (const auto& [name, value] : stats->counters()) sums[name] += value;
  return sums;
}

}  // namespace longattn
