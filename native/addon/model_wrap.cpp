// score, losses, attention, cancel, dispose, counters.
#include "model_wrap.h"

#include <atomic>

#include "error.h"
#include "promise_worker.h"
#include "results.h"
#include "windows/scorer.h"
#include "windows/window_attention.h"
#include "windows/window_losses.h"

namespace longattn::addon {
namespace {

constexpr napi_type_tag kOpenedModelTag = {0x6c6f6e676174746eULL, 0x8f1c27d35be94a06ULL};

}  // namespace

// A batch in the model's queue: it can be cancelled, and keeps the model from being collected.
class BatchWorker : public PromiseWorker {
 public:
  BatchWorker(ModelWrap& wrap, OpenedModel& model)
      : PromiseWorker(wrap.Env()), wrap_(wrap), keep_(Napi::Persistent(wrap.Value())), model_(model) {}

  void cancel() { cancel_ = true; }

 protected:
  virtual void Run(const ModelReplicas& model, const ProviderOptions& options) = 0;

  void Work() final {
    if (cancel_) throw Cancelled();
    Run(*model_.replicas, {model_.options.threads, &cancel_});
  }

  void Ended(bool environment_ends) final { wrap_.ended(environment_ends); }

 private:
  ModelWrap& wrap_;
  Napi::ObjectReference keep_;
  OpenedModel& model_;
  std::atomic<bool> cancel_{false};
};

namespace {

class ScoreWorker : public BatchWorker {
 public:
  ScoreWorker(ModelWrap& wrap, OpenedModel& model, ScoreRequest request)
      : BatchWorker(wrap, model), request_(std::move(request)) {}

 protected:
  void Run(const ModelReplicas& model, const ProviderOptions& options) override {
    results_ = score(model.all(), request_, options);
  }
  Napi::Value Result(Napi::Env env) override { return write_results(env, results_); }

 private:
  ScoreRequest request_;
  std::vector<LayerStats> results_;
};

class LossWorker : public BatchWorker {
 public:
  LossWorker(ModelWrap& wrap, OpenedModel& model, LossRequest request)
      : BatchWorker(wrap, model), request_(std::move(request)) {}

 protected:
  void Run(const ModelReplicas& model, const ProviderOptions& options) override {
    results_ = window_losses(model.all(), request_, options);
  }
  Napi::Value Result(Napi::Env env) override { return write_losses(env, results_); }

 private:
  LossRequest request_;
  std::vector<std::vector<double>> results_;
};

class AttentionWorker : public BatchWorker {
 public:
  AttentionWorker(ModelWrap& wrap, OpenedModel& model, WindowAttentionRequest request)
      : BatchWorker(wrap, model), request_(std::move(request)) {}

 protected:
  void Run(const ModelReplicas& model, const ProviderOptions& options) override {
    results_ = window_attention(model.first(), request_, options);
  }
  Napi::Value Result(Napi::Env env) override { return write_attention(env, results_); }

 private:
  WindowAttentionRequest request_;
  std::vector<HeadAttention> results_;
};

}  // namespace

Napi::Function ModelWrap::define(Napi::Env env) {
  return DefineClass(
      env, "NativeModel",
      {InstanceMethod<&ModelWrap::Score>("score"), InstanceMethod<&ModelWrap::Losses>("losses"),
       InstanceMethod<&ModelWrap::Attention>("attention"), InstanceMethod<&ModelWrap::Cancel>("cancel"),
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
  check_open(info.Env());
  return enqueue(new ScoreWorker(*this, *model_, read_request(info[0])));
}

Napi::Value ModelWrap::Losses(const Napi::CallbackInfo& info) {
  check_open(info.Env());
  return enqueue(new LossWorker(*this, *model_, read_loss_request(info[0])));
}

Napi::Value ModelWrap::Attention(const Napi::CallbackInfo& info) {
  check_open(info.Env());
  return enqueue(new AttentionWorker(*this, *model_, read_attention_request(info[0])));
}

void ModelWrap::check_open(Napi::Env env) const {
  if (disposed_) throw coded_error(env, "DISPOSED", "the model has been disposed of. Open it again.");
}

Napi::Value ModelWrap::enqueue(BatchWorker* worker) {
  queue_.push_back(worker);
  const Napi::Promise promise = worker->promise();
  if (queue_.size() == 1) run_next();
  return promise;
}

void ModelWrap::run_next() {
  queue_.front()->Queue();
}

void ModelWrap::ended(bool environment_ends) {
  queue_.pop_front();
  if (environment_ends) cancel_all();
  if (!queue_.empty()) {
    run_next();
  } else if (disposed_) {
    model_.reset();
  }
}

void ModelWrap::cancel_all() {
  for (BatchWorker* worker : queue_) worker->cancel();
}

void ModelWrap::Cancel(const Napi::CallbackInfo&) {
  cancel_all();
}

void ModelWrap::Dispose(const Napi::CallbackInfo&) {
  disposed_ = true;
  if (queue_.empty()) model_.reset();
}

Napi::Value ModelWrap::Counters(const Napi::CallbackInfo& info) {
  Napi::Object counters = Napi::Object::New(info.Env());
  if (!model_) return counters;
  for (const auto& [name, value] : model_->replicas->counters()) counters.Set(name, value);
  return counters;
}

}  // namespace longattn::addon
