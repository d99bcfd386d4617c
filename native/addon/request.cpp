// One reader a type; each error names the property.
#include "request.h"

#include <cmath>
#include <vector>

#include "attention_maps.h"
#include "device/device.h"
#include "error.h"
#include "operation.h"

namespace longattn::addon {
namespace {

constexpr double kMaxThreads = 4096;
constexpr int kMaxDevices = 10000;  // beyond any index that is well formed
constexpr double kMaxSafeInteger = 9007199254740991.0;

[[noreturn]] void refuse(const Napi::Value& value, const std::string& name, const std::string& allowed) {
  throw coded_error(value.Env(), kInvalidRequest, name + " must be " + allowed + ".");
}

Napi::Object read_object(const Napi::Value& value, const std::string& name) {
  if (!value.IsObject()) refuse(value, name, "an object");
  return value.As<Napi::Object>();
}

template <typename To>
std::vector<To> read_ints(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    refuse(value, name, "an Int32Array");
  }
  const auto array = value.As<Napi::Int32Array>();
  return std::vector<To>(array.Data(), array.Data() + array.ElementLength());
}

double read_whole(const Napi::Object& object, const char* name, double limit) {
  const Napi::Value value = object.Get(name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= limit && number == std::floor(number))) {
    refuse(value, name, "a whole number from 0 to " + std::to_string(static_cast<int64_t>(limit)));
  }
  return number;
}

bool read_bool(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsBoolean()) refuse(value, name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

// Absent: false.
bool read_optional_bool(const Napi::Object& object, const char* name) {
  return !object.Get(name).IsUndefined() && read_bool(object, name);
}

}  // namespace

ScoreRequest read_request(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the request");
  ScoreRequest request;
  request.ids = read_ints<int32_t>(object, "ids");
  request.lengths = read_ints<int64_t>(object, "lengths");
  request.k = read_ints<int64_t>(object, "k");
  request.layers = read_ints<int64_t>(object, "layers");
  request.tokens = read_bool(object, "tokens");
  request.losses = read_optional_bool(object, "losses");
  return request;
}

LossRequest read_loss_request(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the request");
  LossRequest request;
  request.ids = read_ints<int32_t>(object, "ids");
  request.lengths = read_ints<int64_t>(object, "lengths");
  request.near = read_ints<int64_t>(object, "near");
  return request;
}

WindowAttentionRequest read_attention_request(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the request");
  WindowAttentionRequest request;
  request.ids = read_ints<int32_t>(object, "ids");
  request.layers = read_ints<int64_t>(object, "layers");
  request.heads = read_ints<int64_t>(object, "heads");
  request.mean = read_bool(object, "mean");
  request.rows = read_ints<int64_t>(object, "rows");
  request.blocks = static_cast<int64_t>(read_whole(object, "blocks", kMaxMapBlocks));
  return request;
}

ModelOptions read_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the options");
  ModelOptions options;
  options.threads = static_cast<int>(read_whole(object, "threads", kMaxThreads));
  options.memory_bytes = static_cast<int64_t>(read_whole(object, "memoryBytes", kMaxSafeInteger));
  options.device = read_device(object.Get("device"));
  return options;
}

std::string read_device(const Napi::Value& value) {
  if (!value.IsString()) refuse(value, "device", "a string");
  const std::string device = value.As<Napi::String>().Utf8Value();
  try {
    parse_devices(device, kMaxDevices, true);
  } catch (const Error& error) {
    throw coded_error(value.Env(), error.code, error.what());
  }
  return device;
}

}  // namespace longattn::addon
