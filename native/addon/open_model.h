// openModel(spec, options): reads and checks the tensors that its layers need, on the lane that the model will have.
#pragma once

#include <napi.h>

#include "environment.h"

namespace longattn::addon {

// {model: a promise of a NativeModel, cancel()}.
Napi::Object open_model(const Napi::CallbackInfo& info, Environment& environment);

}  // namespace longattn::addon
