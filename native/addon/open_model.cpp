// A worker that parses the spec and opens it on every device.
#include "open_model.h"

#include <memory>
#include <string>

#include "device/device.h"
#include "model_wrap.h"
#include "promise_worker.h"
#include "request.h"

namespace longattn::addon {
namespace {

class OpenWorker : public PromiseWorker {
 public:
  OpenWorker(Napi::Env env, Napi::Function constructor, std::string spec, ModelOptions options)
      : PromiseWorker(env), constructor_(Napi::Persistent(constructor)), spec_(std::move(spec)), options_(options) {}

 protected:
  void Work() override {
    model_ = std::make_unique<OpenedModel>();
    const std::vector<Placement> devices = placements(options_.device);
    model_->replicas = std::make_unique<ModelReplicas>(parse_model_spec(spec_), options_.memory_bytes, devices);
    model_->options = options_;
  }

  Napi::Value Result(Napi::Env env) override { return ModelWrap::create(env, constructor_.Value(), std::move(model_)); }

 private:
  Napi::FunctionReference constructor_;
  std::string spec_;
  ModelOptions options_;
  std::unique_ptr<OpenedModel> model_;
};

}  // namespace

Napi::Promise open_model(const Napi::CallbackInfo& info, Napi::Function constructor) {
  if (!info[0].IsString()) throw coded_error(info.Env(), kInvalidRequest, "spec must be a string.");
  auto* worker = new OpenWorker(info.Env(), constructor, info[0].As<Napi::String>().Utf8Value(), read_options(info[1]));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace longattn::addon
