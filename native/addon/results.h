// The core's statistics as the NativeStats objects of src/native/binding.ts.
#pragma once

#include <napi.h>

#include <vector>

#include "windows/scorer.h"
#include "windows/window_attention.h"

namespace longattn::addon {

Napi::Array write_results(Napi::Env env, const std::vector<LayerStats>& results);
// The NativeAttention objects.
Napi::Array write_attention(Napi::Env env, const std::vector<HeadAttention>& results);
// A Float64Array a window.
Napi::Array write_losses(Napi::Env env, const std::vector<std::vector<double>>& losses);

}  // namespace longattn::addon
