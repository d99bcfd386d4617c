// The core's statistics as the NativeStats objects of src/native/binding.ts.
#pragma once

#include <napi.h>

#include <vector>

#include "scorer.h"

namespace longattn::addon {

Napi::Array write_results(Napi::Env env, const std::vector<LayerStats>& results);
// A Float64Array a window.
Napi::Array write_losses(Napi::Env env, const std::vector<std::vector<double>>& losses);

}  // namespace longattn::addon
