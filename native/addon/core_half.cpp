// Layer 0 by the lookup path, on the CPU. needsTorch() is asked first; openModel() refuses what it would say yes to.
#include <memory>
#include <string>

#include "error.h"
#include "half.h"
#include "layer_zero/lookup.h"
#include "operation.h"

namespace longattn::addon {
namespace {

// needsTorch(spec, device).
Napi::Value needs_torch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) throw coded_error(env, kInvalidRequest, "spec must be a string.");
  const std::string device = read_device(info[1]);
  try {
    const ModelSpec spec = parse_model_spec(info[0].As<Napi::String>().Utf8Value());
    return Napi::Boolean::New(env, device != "cpu" || !lookup_alone(spec));
  } catch (const Error& error) {
    throw coded_error(env, error.code, error.what());
  }
}

}  // namespace

std::unique_ptr<Replicas> open_replicas(const ModelSpec& spec, const ModelOptions& options,
                                        const std::atomic<bool>& cancel) {
  if (options.device != "cpu" || !lookup_alone(spec)) {
    throw Error(kInvalidRequest, "this addon has layer 0 on the CPU alone. Open the model with longattn-torch.node.");
  }
  return std::make_unique<LookupModel>(spec, OpenOptions{options.memory_bytes, options.threads, &cancel});
}

void define_half(Napi::Env env, Napi::Object exports) {
  exports.Set("needsTorch", Napi::Function::New<needs_torch>(env, "needsTorch"));
}

}  // namespace longattn::addon
