// openModel(spec, options): reads and checks the tensors that its layers need, on a worker thread.
#pragma once

#include <napi.h>

namespace longattn::addon {

// `constructor` is that of ModelWrap in this environment.
Napi::Promise open_model(const Napi::CallbackInfo& info, Napi::Function constructor);

}  // namespace longattn::addon
