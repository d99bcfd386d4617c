// cpu(): the kernels that this CPU can run, the one in use, features.
#pragma once

#include <napi.h>

namespace longattn::addon {

// Throws Napi::Error with code INVALID_REQUEST if LONGATTN_CPU_KERNEL is wrong.
Napi::Object cpu_info(Napi::Env env);

}  // namespace longattn::addon
