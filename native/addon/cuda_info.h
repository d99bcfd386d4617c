// cuda(): whether this build has CUDA, the kernel in use, the devices of this machine. deviceCount(): how many
// of them a user's text names.
#pragma once

#include <napi.h>

namespace longattn::addon {

// Throws Napi::Error with code INVALID_REQUEST if LONGATTN_CUDA_KERNEL is wrong.
Napi::Object cuda_info(Napi::Env env);

// deviceCount(device): nothing is opened. Throws Napi::Error with code INVALID_REQUEST or DEVICE_UNAVAILABLE.
Napi::Value device_count(const Napi::CallbackInfo& info);

}  // namespace longattn::addon
