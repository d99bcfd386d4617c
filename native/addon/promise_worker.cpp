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

void PromiseWorker::Execute() {
  try {
    Work();
  } catch (const Error& error) {
    code_ = error.code;
    SetError(error.what());
  } catch (const Cancelled&) {
    code_ = kCancelled;
    SetError("the batch was cancelled.");
  } catch (const std::bad_alloc&) {
    code_ = "OUT_OF_MEMORY";
    SetError("not enough memory. Use shorter windows or a smaller --memory.");
  } catch (const std::invalid_argument& error) {
    code_ = kInvalidRequest;
    SetError(error.what());
  } catch (const std::exception& error) {
    code_ = "FAULT";
    SetError(error.what());
  }
}

void PromiseWorker::OnOK() {
  const Napi::HandleScope scope(Env());
  Ended();
  try {
    deferred_.Resolve(Result(Env()));
  } catch (const Napi::Error& error) {
    deferred_.Reject(error.Value());
  }
}

void PromiseWorker::OnError(const Napi::Error& error) {
  const Napi::HandleScope scope(Env());
  Ended();
  deferred_.Reject(coded_error(Env(), code_, error.Message()).Value());
}

}  // namespace longattn::addon
