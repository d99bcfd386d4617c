// What the two addons do not share. Each links one file of these functions: core_half.cpp (longattn.node: layer 0 on
// the CPU, no torch) or torch_half.cpp (longattn-torch.node: all layers, losses, devices).
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "checkpoint/model_spec.h"
#include "request.h"
#include "windows/replicas.h"

namespace longattn::addon {

// Opens the model at every place that options.device names. Not on the JavaScript thread. Throws as LookupModel() or
// ModelReplicas(); the core half also Error(kInvalidRequest) for what needs the torch half.
std::unique_ptr<Replicas> open_replicas(const ModelSpec& spec, const ModelOptions& options,
                                        const std::atomic<bool>& cancel);

// Adds the half's own functions to the exports.
void define_half(Napi::Env env, Napi::Object exports);

}  // namespace longattn::addon
