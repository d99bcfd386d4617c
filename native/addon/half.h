// The only way from the addon to torch's layers and devices (torch_half.cpp): model_wrap and open_model see none.
#pragma once

#include <atomic>
#include <memory>

#include "checkpoint/model_spec.h"
#include "request.h"
#include "windows/replicas.h"

namespace longattn::addon {

// Opens the model at every place that options.device names. Not on the JavaScript thread. Throws as ModelReplicas().
std::unique_ptr<Replicas> open_replicas(const ModelSpec& spec, const ModelOptions& options,
                                        const std::atomic<bool>& cancel);

}  // namespace longattn::addon
