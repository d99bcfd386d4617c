// Every exception of the core becomes a rejection with a code; an unknown one has the code FAULT.
#include "operation.h"

#include <exception>
#include <functional>
#include <new>
#include <stdexcept>

#include "attention_stats.h"
#include "error.h"

namespace longattn::addon {
namespace {

struct Failure {
  std::string code, message;
};

// What went wrong in `work`, or an empty code.
Failure failure_of(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const Error& error) {
    return {error.code, error.what()};
  } catch (const Cancelled&) {
    return {kCancelled, "the operation was cancelled."};
  } catch (const std::bad_alloc&) {
    return {kOutOfMemory, "not enough memory. Use shorter windows or a smaller --memory."};
  } catch (const std::invalid_argument& error) {
    return {kInvalidRequest, error.what()};
  } catch (const std::exception& error) {
    return {"FAULT", error.what()};
  }
}

}  // namespace

Napi::Error coded_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

void Operation::run() noexcept {
  const Failure failure = failure_of([this] {
    if (cancel_) throw Cancelled();
    Work(cancel_);
  });
  code_ = failure.code;
  message_ = failure.message;
}

// An environment that is ending can no longer run JavaScript: settling fails then, and nobody waits for the answer.
void Operation::settle(Napi::Env env, const Napi::Promise::Deferred& deferred) {
  try {
    const Napi::HandleScope scope(env);
    if (code_.empty()) {
      // Making the result may fail too: it is as large as the request was.
      Napi::Value result;
      const Failure failure = failure_of([&] { result = Result(env); });
      if (failure.code.empty()) return deferred.Resolve(result);
      code_ = failure.code;
      message_ = failure.message;
    }
    deferred.Reject(coded_error(env, code_, message_).Value());
  } catch (const Napi::Error&) {
  }
}

}  // namespace longattn::addon
