// What the addon keeps for one environment (the main thread's, or a worker thread's): nothing of JavaScript is global.
#pragma once

#include <napi.h>

#include "completions.h"
#include "model_wrap.h"

namespace longattn::addon {

class Environment {
 public:
  explicit Environment(Napi::Env env)
      : completions_(env), model_constructor_(Napi::Persistent(ModelWrap::define(env))) {}

  Completions& completions() { return completions_; }
  Napi::Function model_constructor() const { return model_constructor_.Value(); }

 private:
  Completions completions_;
  Napi::FunctionReference model_constructor_;
};

}  // namespace longattn::addon
