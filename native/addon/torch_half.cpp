// All layers, losses and devices.
#include "cuda_info.h"
#include "decoder/model_replicas.h"
#include "half.h"
#include "torch_info.h"

namespace longattn::addon {
namespace {

Napi::Value torch(const Napi::CallbackInfo& info) {
  Napi::Object torch = Napi::Object::New(info.Env());
  torch.Set("version", torch_version());
  torch.Set("capability", torch_cpu_capability());
  return torch;
}

Napi::Value cuda(const Napi::CallbackInfo& info) {
  return cuda_info(info.Env());
}

}  // namespace

std::unique_ptr<Replicas> open_replicas(const ModelSpec& spec, const ModelOptions& options,
                                        const std::atomic<bool>& cancel) {
  const std::vector<Placement> devices = placements(options.device);
  return std::make_unique<ModelReplicas>(spec, OpenOptions{options.memory_bytes, options.threads, &cancel}, devices);
}

void define_half(Napi::Env env, Napi::Object exports) {
  exports.Set("torch", Napi::Function::New<torch>(env, "torch"));
  exports.Set("cuda", Napi::Function::New<cuda>(env, "cuda"));
  exports.Set("deviceCount", Napi::Function::New<device_count>(env, "deviceCount"));
}

}  // namespace longattn::addon
