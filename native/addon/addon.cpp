// The export table. scripts/check-binding.mjs proves that it and src/native/binding.ts agree.
//
// State is per environment (a worker thread loads its own instance), never global.
#include <napi.h>

#include "cpu_info.h"
#include "cuda_info.h"
#include "model_wrap.h"
#include "open_model.h"
#include "torch_info.h"

namespace longattn::addon {

class LongattnAddon : public Napi::Addon<LongattnAddon> {
 public:
  LongattnAddon(Napi::Env env, Napi::Object exports) : model_constructor_(Napi::Persistent(ModelWrap::define(env))) {
    DefineAddon(exports, {
                             InstanceMethod("openModel", &LongattnAddon::OpenModel, napi_enumerable),
                             InstanceMethod("versions", &LongattnAddon::Versions, napi_enumerable),
                             InstanceMethod("cpu", &LongattnAddon::Cpu, napi_enumerable),
                             InstanceMethod("cuda", &LongattnAddon::Cuda, napi_enumerable),
                             InstanceMethod("deviceCount", &LongattnAddon::DeviceCount, napi_enumerable),
                         });
  }

 private:
  Napi::Value OpenModel(const Napi::CallbackInfo& info) { return open_model(info, model_constructor_.Value()); }

  Napi::Value Versions(const Napi::CallbackInfo& info) {
    Napi::Object versions = Napi::Object::New(info.Env());
    versions.Set("addon", LONGATTN_VERSION);
    versions.Set("torch", torch_version());
    versions.Set("napi", Napi::VersionManagement::GetNapiVersion(info.Env()));
    return versions;
  }

  Napi::Value Cpu(const Napi::CallbackInfo& info) { return cpu_info(info.Env()); }

  Napi::Value Cuda(const Napi::CallbackInfo& info) { return cuda_info(info.Env()); }

  Napi::Value DeviceCount(const Napi::CallbackInfo& info) { return device_count(info); }

  Napi::FunctionReference model_constructor_;
};

NODE_API_NAMED_ADDON(longattn, LongattnAddon)

}  // namespace longattn::addon
