// Losses of a batch of windows.
#pragma once

#include <cstdint>
#include <vector>

#include "windows/replicas.h"

namespace longattn {

struct LossRequest {
  std::vector<int32_t> ids;      // all windows, one after the other
  std::vector<int64_t> lengths;  // tokens of each window, >= 1, adding up to ids
  std::vector<int64_t> near;     // of each window: 0, or how far back its tokens see besides the sink
};

// For each window the loss of every token but the first, nats: [length - 1]. Throws Error with a code, and Cancelled.
std::vector<std::vector<double>> window_losses(const std::vector<Replica>& replicas, const LossRequest& request,
                                               const ProviderOptions& options);

}  // namespace longattn
