// score, cancel, dispose, counters.
#include "model_wrap.h"

#include <atomic>

#include "error.h"
#include "promise_worker.h"
#include "results.h"
#include "scorer.h"

namespace longattn::addon {
namespace {

constexpr napi_type_tag kOpenedModelTag = {0x6c6f6e676174746eULL, 0x8f1c27d35be94a06ULL};

}  // namespace

class ScoreWorker : public PromiseWorker {
 public:
  ScoreWorker(ModelWrap& wrap, OpenedModel& model, ScoreRequest request)
      : PromiseWorker(wrap.Env()),
        wrap_(wrap),
        keep_(Napi::Persistent(wrap.Value())),
        model_(model),
        request_(std::move(request)) {}

  void cancel() { cancel_ = true; }

 protected:
  void Work() override {
    if (cancel_) throw Cancelled();
    results_ = score(*model_.provider, request_, {model_.options.threads, &cancel_});
  }

  Napi::Value Result(Napi::Env env) override { return write_results(env, results_); }

  void Ended() override { wrap_.ended(); }

 private:
  ModelWrap& wrap_;
  Napi::ObjectReference keep_;  // the model is not collected while a batch waits or runs
  OpenedModel& model_;
  ScoreRequest request_;
  std::atomic<bool> cancel_{false};
  std::vector<LayerStats> results_;
};

Napi::Function ModelWrap::define(Napi::Env env) {
  return DefineClass(
      env, "NativeModel",
      {InstanceMethod<&ModelWrap::Score>("score"), InstanceMethod<&ModelWrap::Cancel>("cancel"),
       InstanceMethod<&ModelWrap::Dispose>("dispose"), InstanceMethod<&ModelWrap::Counters>("counters")});
}

Napi::Object ModelWrap::create(Napi::Env env, Napi::Function constructor, std::unique_ptr<OpenedModel> model) {
  const auto handle = Napi::External<OpenedModel>::New(env, model.get());
  handle.TypeTag(&kOpenedModelTag);
  const Napi::Object object = constructor.New({handle});
  ModelWrap::Unwrap(object)->model_ = std::move(model);
  return object;
}

ModelWrap::ModelWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ModelWrap>(info) {
  const Napi::Value handle = info[0];
  if (!handle.IsExternal() || !handle.As<Napi::External<OpenedModel>>().CheckTypeTag(&kOpenedModelTag)) {
    throw coded_error(info.Env(), kInvalidRequest, "a model cannot be constructed. Use openModel().");
  }
}

Napi::Value ModelWrap::Score(const Napi::CallbackInfo& info) {
  if (disposed_) throw coded_error(info.Env(), "DISPOSED", "the model has been disposed of. Open it again.");
  auto* worker = new ScoreWorker(*this, *model_, read_request(info[0]));
  queue_.push_back(worker);
  const Napi::Promise promise = worker->promise();
  if (queue_.size() == 1) run_next();
  return promise;
}

void ModelWrap::run_next() {
  queue_.front()->Queue();
}

void ModelWrap::ended() {
  queue_.pop_front();
  if (!queue_.empty()) {
    run_next();
  } else if (disposed_) {
    model_.reset();
  }
}

void ModelWrap::Cancel(const Napi::CallbackInfo&) {
  for (ScoreWorker* worker : queue_) worker->cancel();
}

void ModelWrap::Dispose(const Napi::CallbackInfo&) {
  disposed_ = true;
  if (queue_.empty()) model_.reset();
}

Napi::Value ModelWrap::Counters(const Napi::CallbackInfo& info) {
  Napi::Object counters = Napi::Object::New(info.Env());
  if (!model_) return counters;
  for (const auto& [name, value] : model_->provider->counters()) counters.Set(name, value);
  return counters;
}

}  // namespace longattn::addon
