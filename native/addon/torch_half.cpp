// All layers, losses and devices.
#include "decoder/model_replicas.h"
#include "half.h"

namespace longattn::addon {

std::unique_ptr<Replicas> open_replicas(const ModelSpec& spec, const ModelOptions& options,
                                        const std::atomic<bool>& cancel) {
  const std::vector<Placement> devices = placements(options.device);
  return std::make_unique<ModelReplicas>(spec, OpenOptions{options.memory_bytes, options.threads, &cancel}, devices);
}

}  // namespace longattn::addon
