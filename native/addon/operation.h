// One asynchronous operation: a promise, work on a thread of ours, a result made on the JavaScript thread.
//
// An operation writes Work() and Result() and nothing else: codes of errors, rejection and lifetime are settled here
// and in completions.h once. It holds no JavaScript value, so that a thread which outlives its environment can let go
// of it.
#pragma once

#include <napi.h>

#include <atomic>
#include <string>

namespace longattn::addon {

// A JavaScript Error with a `code`.
Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message);

class Operation {
 public:
  virtual ~Operation() = default;

  // On its lane's thread. Does not throw.
  void run() noexcept;
  // From any thread: Work() is asked to end, or does not begin.
  void cancel() { cancel_ = true; }
  // On the JavaScript thread, after run(). Does not throw.
  void settle(Napi::Env env, const Napi::Promise::Deferred& deferred);

 protected:
  // No JavaScript. Polls `cancel`; exceptions reject the promise.
  virtual void Work(const std::atomic<bool>& cancel) = 0;
  // After Work() has ended well.
  virtual Napi::Value Result(Napi::Env env) = 0;

 private:
  std::atomic<bool> cancel_{false};
  std::string code_;  // empty: Work() ended well
  std::string message_;
};

}  // namespace longattn::addon
