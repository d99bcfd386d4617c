// cuda(): whether this build has CUDA, the kernel in use, the devices of this machine.
#pragma once

#include <napi.h>

namespace longattn::addon {

// Throws Napi::Error with code INVALID_REQUEST if LONGATTN_CUDA_KERNEL is wrong.
Napi::Object cuda_info(Napi::Env env);

}  // namespace longattn::addon
