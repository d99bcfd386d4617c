// The NativeModel of src/native/binding.ts: a queue of batches in front of one model.
//
// The queue lives on the JavaScript thread and hands libuv one batch at a time, so a model that waits for itself never
// blocks a thread of the pool. Batches asked for before dispose() still run; the weights go when the last has ended.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>

#include "decoder/model_replicas.h"
#include "request.h"

namespace longattn::addon {

class BatchWorker;

// What openModel() hands over to the constructor, in a type-tagged External: JavaScript cannot make one.
struct OpenedModel {
  std::unique_ptr<ModelReplicas> replicas;
  ModelOptions options;
};

class ModelWrap : public Napi::ObjectWrap<ModelWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, Napi::Function constructor, std::unique_ptr<OpenedModel> model);

  explicit ModelWrap(const Napi::CallbackInfo& info);

  // Called by the worker that ran, on the JavaScript thread.
  void ended(bool environment_ends);

 private:
  Napi::Value Score(const Napi::CallbackInfo& info);
  Napi::Value Losses(const Napi::CallbackInfo& info);
  Napi::Value Attention(const Napi::CallbackInfo& info);
  void Cancel(const Napi::CallbackInfo& info);
  void Dispose(const Napi::CallbackInfo& info);
  Napi::Value Counters(const Napi::CallbackInfo& info);
  Napi::Value enqueue(BatchWorker* worker);
  void check_open(Napi::Env env) const;
  void cancel_all();
  void run_next();

  std::unique_ptr<OpenedModel> model_;  // null once disposed of
  std::deque<BatchWorker*> queue_;      // the front one runs; each deletes itself when it has ended
  bool disposed_ = false;
};

}  // namespace longattn::addon
