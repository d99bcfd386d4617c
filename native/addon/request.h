// JavaScript arguments into the core's structs, checked at the edge: type, range, whole numbers. What only the core can
// know (layers, vocabulary, sums) it checks itself.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

#include "windows/scorer.h"
#include "windows/window_attention.h"
#include "windows/window_losses.h"

namespace longattn::addon {

struct ModelOptions {
  int threads = 0;
  int64_t memory_bytes = 0;
  std::string device = "cpu";  // well formed; whether it is there is for parse_devices() to say
};

// Each throws Napi::Error with code INVALID_REQUEST. The request's arrays are copied: JavaScript may change them while
// we work.
ScoreRequest read_request(const Napi::Value& value);
LossRequest read_loss_request(const Napi::Value& value);
WindowAttentionRequest read_attention_request(const Napi::Value& value);
ModelOptions read_options(const Napi::Value& value);
// A device's name, well formed.
std::string read_device(const Napi::Value& value);

}  // namespace longattn::addon
