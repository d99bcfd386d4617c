// Settles promises. Every exception of the core becomes a rejection with a code; an unknown one has the code FAULT.
#include "promise_worker.h"

#include <exception>
#include <new>
#include <stdexcept>

#include "attention_stats.h"
#include "error.h"

namespace longattn::addon {

Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

PromiseWorker::PromiseWorker(Napi::Env env) : Napi::AsyncWorker(env, "longattn"), deferred_(env) {}

void PromiseWorker::fail(const std::string& code, const std::string& message) {
  code_ = code;
  message_ = message;
}

void PromiseWorker::Execute() {
  try {
    Work();
  } catch (const Error& error) {
    fail(error.code, error.what());
  } catch (const Cancelled&) {
    fail(kCancelled, "the batch was cancelled.");
  } catch (const std::bad_alloc&) {
    fail("OUT_OF_MEMORY", "not enough memory. Use shorter windows or a smaller --memory.");
  } catch (const std::invalid_argument& error) {
    fail(kInvalidRequest, error.what());
  } catch (const std::exception& error) {
    fail("FAULT", error.what());
  }
}

void PromiseWorker::settle() {
  if (!code_.empty()) return deferred_.Reject(coded_error(Env(), code_, message_).Value());
  try {
    deferred_.Resolve(Result(Env()));
  } catch (const Napi::Error& error) {
    deferred_.Reject(error.Value());
  }
}

// All of it is ours: the base class would throw through Node when a worker thread is being ended, which can no longer
// run JavaScript. Settling fails then, and nobody waits for the answer.
void PromiseWorker::OnWorkComplete(Napi::Env env, napi_status status) {
  bool environment_ends = status == napi_cancelled;
  if (!environment_ends) {
    try {
      const Napi::HandleScope scope(env);
      settle();
    } catch (const Napi::Error&) {
      environment_ends = true;
    }
  }
  Ended(environment_ends);
  Destroy();
}

}  // namespace longattn::addon
