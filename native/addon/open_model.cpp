// An operation that parses the spec and opens it on every device.
#include "open_model.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "environment.h"
#include "error.h"
#include "half.h"
#include "model_wrap.h"
#include "request.h"
#include "simd/cpu_kernel.h"
#include "wish.h"

namespace longattn::addon {
namespace {

class Opening : public Operation {
 public:
  // `make` makes the object on the JavaScript thread.
  using Make = std::function<Napi::Value(std::shared_ptr<const OpenedModel>)>;
  Opening(std::string spec, ModelOptions options, Make make)
      : spec_(std::move(spec)), options_(std::move(options)), make_(std::move(make)) {}

 protected:
  void Work(const std::atomic<bool>& cancel) override {
    auto model = std::make_shared<OpenedModel>();
    model->replicas = open_replicas(parse_model_spec(spec_), options_, cancel);
    model->options = options_;
    model_ = std::move(model);
  }

  Napi::Value Result(Napi::Env) override { return make_(std::move(model_)); }

 private:
  std::string spec_;
  ModelOptions options_;
  Make make_;
  std::shared_ptr<const OpenedModel> model_;
};

}  // namespace

Napi::Object open_model(const Napi::CallbackInfo& info, Environment& environment) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) throw coded_error(env, kInvalidRequest, "spec must be a string.");
  keep_wishes();
  try {
    (void)simd::choose_cpu_kernel();  // refuses a wrong name here; no later answer is another
  } catch (const std::invalid_argument& error) {
    throw coded_error(env, kInvalidRequest, error.what());
  }
  const auto lane = std::make_shared<Lane>();
  auto opening =
      std::make_shared<Opening>(info[0].As<Napi::String>().Utf8Value(), read_options(info[1]),
                                [env, lane, &environment](std::shared_ptr<const OpenedModel> model) -> Napi::Value {
                                  return ModelWrap::create(env, environment.model_constructor(),
                                                           {std::move(model), lane, &environment.completions()});
                                });
  Napi::Object result = Napi::Object::New(env);
  const std::weak_ptr<Operation> weak = opening;
  result.Set("cancel", Napi::Function::New(env, [weak](const Napi::CallbackInfo&) {
               if (const auto running = weak.lock()) running->cancel();
             }));
  result.Set("model", environment.completions().start(*lane, std::move(opening)));
  return result;
}

}  // namespace longattn::addon
