// The NativeModel of src/native/binding.ts: one model and the lane that its batches run on, one at a time.
//
// A batch shares the model with this object. So batches asked for before dispose() still run, and the weights go when
// the last has ended.
#pragma once

#include <napi.h>

#include <memory>

#include "completions.h"
#include "lane.h"
#include "request.h"
#include "windows/replicas.h"

namespace longattn::addon {

struct OpenedModel {
  std::unique_ptr<Replicas> replicas;
  ModelOptions options;
};

class ModelWrap : public Napi::ObjectWrap<ModelWrap> {
 public:
  // What openModel() hands over to the constructor, in a type-tagged External: JavaScript cannot make one.
  struct Parts {
    std::shared_ptr<const OpenedModel> model;
    std::shared_ptr<Lane> lane;
    Completions* completions;  // of this environment
  };

  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, Napi::Function constructor, Parts parts);

  explicit ModelWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value Score(const Napi::CallbackInfo& info);
  Napi::Value Losses(const Napi::CallbackInfo& info);
  Napi::Value Attention(const Napi::CallbackInfo& info);
  void Cancel(const Napi::CallbackInfo& info);
  void Dispose(const Napi::CallbackInfo& info);
  Napi::Value Counters(const Napi::CallbackInfo& info);
  // Throws Napi::Error with code DISPOSED.
  std::shared_ptr<const OpenedModel> opened(Napi::Env env) const;

  Parts parts_;  // no model once disposed of
};

}  // namespace longattn::addon
