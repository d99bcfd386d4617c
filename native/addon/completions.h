// What threads have finished, brought back to the JavaScript thread of one environment, where promises are settled.
#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>

#include "lane.h"
#include "operation.h"

namespace longattn::addon {

class Completions {
 public:
  explicit Completions(Napi::Env env);
  ~Completions();
  Completions(const Completions&) = delete;
  Completions& operator=(const Completions&) = delete;

  // Puts the operation into the lane's queue. The event loop stays alive until it has ended.
  Napi::Promise start(Lane& lane, std::shared_ptr<Operation> operation);

 private:
  struct Mailbox;
  struct Pending {
    std::shared_ptr<Operation> operation;
    Napi::Promise::Deferred deferred;
  };

  static void on_mail(napi_env env, napi_value, void* context, void*);
  static void on_cleanup(void* context);
  void settle_ended();

  Napi::Env env_;
  std::shared_ptr<Mailbox> mailbox_;  // the lanes' too
  std::unordered_map<Operation*, Pending> pending_;
};

}  // namespace longattn::addon
