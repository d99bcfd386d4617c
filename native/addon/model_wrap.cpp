// score, losses, attention, cancel, dispose, counters.
#include "model_wrap.h"

#include "error.h"
#include "results.h"
#include "windows/scorer.h"
#include "windows/window_attention.h"
#include "windows/window_losses.h"

namespace longattn::addon {
namespace {

constexpr napi_type_tag kPartsTag = {0x6c6f6e676174746eULL, 0x8f1c27d35be94a06ULL};

class Batch : public Operation {
 public:
  explicit Batch(std::shared_ptr<const OpenedModel> model) : model_(std::move(model)) {}

 protected:
  virtual void Run(const Replicas& model, const ProviderOptions& options) = 0;

  void Work(const std::atomic<bool>& cancel) final { Run(*model_->replicas, {model_->options.threads, &cancel}); }

 private:
  std::shared_ptr<const OpenedModel> model_;
};

class ScoreBatch : public Batch {
 public:
  ScoreBatch(std::shared_ptr<const OpenedModel> model, ScoreRequest request)
      : Batch(std::move(model)), request_(std::move(request)) {}

 protected:
  void Run(const Replicas& model, const ProviderOptions& options) override {
    results_ = score(model.all(), request_, options);
  }
  Napi::Value Result(Napi::Env env) override { return write_results(env, results_); }

 private:
  ScoreRequest request_;
  std::vector<LayerStats> results_;
};

class LossBatch : public Batch {
 public:
  LossBatch(std::shared_ptr<const OpenedModel> model, LossRequest request)
      : Batch(std::move(model)), request_(std::move(request)) {}

 protected:
  void Run(const Replicas& model, const ProviderOptions& options) override {
    results_ = window_losses(model.all(), request_, options);
  }
  Napi::Value Result(Napi::Env env) override { return write_losses(env, results_); }

 private:
  LossRequest request_;
  std::vector<std::vector<double>> results_;
};

class AttentionBatch : public Batch {
 public:
  AttentionBatch(std::shared_ptr<const OpenedModel> model, WindowAttentionRequest request)
      : Batch(std::move(model)), request_(std::move(request)) {}

 protected:
  void Run(const Replicas& model, const ProviderOptions& options) override {
    results_ = window_attention(*model.all().front().provider, request_, options);
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

Napi::Object ModelWrap::create(Napi::Env env, Napi::Function constructor, Parts parts) {
  const auto handle = Napi::External<Parts>::New(env, &parts);
  handle.TypeTag(&kPartsTag);
  return constructor.New({handle});
}

ModelWrap::ModelWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ModelWrap>(info) {
  const Napi::Value handle = info[0];
  if (!handle.IsExternal() || !handle.As<Napi::External<Parts>>().CheckTypeTag(&kPartsTag)) {
    throw coded_error(info.Env(), kInvalidRequest, "a model cannot be constructed. Use openModel().");
  }
  parts_ = *handle.As<Napi::External<Parts>>().Data();
}

Napi::Value ModelWrap::Score(const Napi::CallbackInfo& info) {
  auto batch = std::make_shared<ScoreBatch>(opened(info.Env()), read_request(info[0]));
  return parts_.completions->start(*parts_.lane, std::move(batch));
}

Napi::Value ModelWrap::Losses(const Napi::CallbackInfo& info) {
  auto batch = std::make_shared<LossBatch>(opened(info.Env()), read_loss_request(info[0]));
  return parts_.completions->start(*parts_.lane, std::move(batch));
}

Napi::Value ModelWrap::Attention(const Napi::CallbackInfo& info) {
  auto batch = std::make_shared<AttentionBatch>(opened(info.Env()), read_attention_request(info[0]));
  return parts_.completions->start(*parts_.lane, std::move(batch));
}

std::shared_ptr<const OpenedModel> ModelWrap::opened(Napi::Env env) const {
  if (!parts_.model) throw coded_error(env, "DISPOSED", "the model has been disposed of. Open it again.");
  return parts_.model;
}

void ModelWrap::Cancel(const Napi::CallbackInfo&) {
  parts_.lane->cancel_all();
}

void ModelWrap::Dispose(const Napi::CallbackInfo&) {
  parts_.model.reset();
}

Napi::Value ModelWrap::Counters(const Napi::CallbackInfo& info) {
  Napi::Object counters = Napi::Object::New(info.Env());
  if (!parts_.model) return counters;
  for (const auto& [name, value] : parts_.model->replicas->counters()) counters.Set(name, value);
  return counters;
}

}  // namespace longattn::addon
