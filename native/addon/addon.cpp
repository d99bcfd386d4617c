// The exports that both addons have; each has some of its own (half.h). scripts/check-binding.mjs proves that they and
// src/native/binding.ts agree.
//
// State is per environment (a worker thread loads its own instance): see environment.h.
#include <napi.h>

#include "cpu_info.h"
#include "environment.h"
#include "half.h"
#include "lane.h"
#include "open_model.h"

namespace longattn::addon {
namespace {

constexpr int kStopMilliseconds = 300;  // a batch looks at its flag about every 100

}  // namespace

class LongattnAddon : public Napi::Addon<LongattnAddon> {
 public:
  LongattnAddon(Napi::Env env, Napi::Object exports) : environment_(env) {
    DefineAddon(exports, {
                             InstanceMethod("openModel", &LongattnAddon::OpenModel, napi_enumerable),
                             InstanceMethod("stop", &LongattnAddon::Stop, napi_enumerable),
                             InstanceMethod("versions", &LongattnAddon::Versions, napi_enumerable),
                             InstanceMethod("cpu", &LongattnAddon::Cpu, napi_enumerable),
                         });
    define_half(env, exports);
  }

 private:
  Napi::Value OpenModel(const Napi::CallbackInfo& info) { return open_model(info, environment_); }

  void Stop(const Napi::CallbackInfo&) { stop_lanes(kStopMilliseconds); }

  Napi::Value Versions(const Napi::CallbackInfo& info) {
    Napi::Object versions = Napi::Object::New(info.Env());
    versions.Set("addon", LONGATTN_VERSION);
    versions.Set("napi", Napi::VersionManagement::GetNapiVersion(info.Env()));
    return versions;
  }

  Napi::Value Cpu(const Napi::CallbackInfo& info) { return cpu_info(info.Env()); }

  Environment environment_;
};

NODE_API_NAMED_ADDON(longattn, LongattnAddon)

}  // namespace longattn::addon
