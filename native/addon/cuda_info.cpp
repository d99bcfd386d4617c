// Gathers what `longattn doctor` prints of the GPUs, and refuses one that is not there before any work is done for it.
#include "cuda_info.h"

#include <stdexcept>
#include <string>

#include "device/device.h"
#include "device/stats/device_stats.h"
#include "error.h"
#include "operation.h"
#include "request.h"

namespace longattn::addon {

Napi::Object cuda_info(Napi::Env env) {
  Napi::Object info = Napi::Object::New(env);
  info.Set("built", built_with_cuda());
  try {
    info.Set("kernel", device_kernel_name(device_kernel()));
  } catch (const std::invalid_argument& error) {
    throw coded_error(env, kInvalidRequest, error.what());
  }
  Napi::Array devices = Napi::Array::New(env);
  for (const CudaDevice& found : cuda_devices()) {
    Napi::Object device = Napi::Object::New(env);
    device.Set("index", found.index);
    device.Set("name", found.name);
    device.Set("capability", std::to_string(found.major) + "." + std::to_string(found.minor));
    device.Set("memoryBytes", static_cast<double>(found.memory_bytes));
    devices.Set(devices.Length(), device);
  }
  info.Set("devices", devices);
  return info;
}

Napi::Value device_count(const Napi::CallbackInfo& info) {
  const std::string device = read_device(info[0]);
  try {
    const size_t count = placements(device).size();
    if (device != "cpu") (void)device_kernel();
    return Napi::Number::New(info.Env(), static_cast<double>(count));
  } catch (const Error& error) {
    throw coded_error(info.Env(), error.code, error.what());
  } catch (const std::invalid_argument& error) {
    throw coded_error(info.Env(), kInvalidRequest, error.what());
  }
}

}  // namespace longattn::addon
