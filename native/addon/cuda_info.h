// cuda(): whether this build has CUDA, the kernel in use, the devices of this machine. checkDevice(): whether one of
// them is the one that a user names.
#pragma once

#include <napi.h>

namespace longattn::addon {

// Throws Napi::Error with code INVALID_REQUEST if LONGATTN_CUDA_KERNEL is wrong.
Napi::Object cuda_info(Napi::Env env);

// checkDevice(device): nothing is opened. Throws Napi::Error with code INVALID_REQUEST or DEVICE_UNAVAILABLE.
void check_device(const Napi::CallbackInfo& info);

}  // namespace longattn::addon
