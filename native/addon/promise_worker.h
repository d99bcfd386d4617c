// One asynchronous operation: a promise, work on a libuv thread, a result made on the JavaScript thread.
//
// An operation writes Work() and Result() and nothing else: codes of errors, rejection and lifetime are settled here
// once.
#pragma once

#include <napi.h>

#include <string>

namespace longattn::addon {

// A JavaScript Error with a `code`.
Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message);

class PromiseWorker : public Napi::AsyncWorker {
 public:
  explicit PromiseWorker(Napi::Env env);

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  // On a worker thread: no JavaScript. Exceptions reject the promise.
  virtual void Work() = 0;
  // On the JavaScript thread, after Work() has ended well.
  virtual Napi::Value Result(Napi::Env env) = 0;
  // On the JavaScript thread, last, in every case.
  virtual void Ended(bool environment_ends) { (void)environment_ends; }

 private:
  void Execute() final;
  void OnWorkComplete(Napi::Env env, napi_status status) final;
  void settle();
  void fail(const std::string& code, const std::string& message);

  Napi::Promise::Deferred deferred_;
  std::string code_;  // empty: Work() ended well
  std::string message_;
};

}  // namespace longattn::addon
