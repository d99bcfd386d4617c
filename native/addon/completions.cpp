// One thread-safe function for an environment. A lane may outlive the environment, and with it the function: so it
// calls only under a lock which the environment's cleanup hook takes first.
#include "completions.h"

#include <mutex>
#include <utility>
#include <vector>

namespace longattn::addon {

struct Completions::Mailbox {
  std::mutex mutex;
  std::vector<std::shared_ptr<Operation>> ended;
  napi_threadsafe_function wake = nullptr;  // null: the environment has ended

  void put(std::shared_ptr<Operation> operation) {
    const std::lock_guard lock(mutex);
    if (wake == nullptr) return;
    ended.push_back(std::move(operation));
    napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking);  // its queue has no limit
  }

  std::vector<std::shared_ptr<Operation>> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(ended, {});
  }
};

Completions::Completions(Napi::Env env) : env_(env), mailbox_(std::make_shared<Mailbox>()) {
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "longattn"), 0, 1, nullptr, nullptr,
                                      this, &Completions::on_mail, &mailbox_->wake);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, mailbox_->wake);
  // Hooks run last in, first out: ours comes before the function's own.
  napi_add_env_cleanup_hook(env, &Completions::on_cleanup, this);
}

Completions::~Completions() {
  napi_remove_env_cleanup_hook(env_, &Completions::on_cleanup, this);
  on_cleanup(this);
}

void Completions::on_cleanup(void* context) {
  auto* const self = static_cast<Completions*>(context);
  for (const auto& [key, pending] : self->pending_) pending.operation->cancel();
  self->pending_.clear();
  const std::lock_guard lock(self->mailbox_->mutex);
  self->mailbox_->wake = nullptr;
}

Napi::Promise Completions::start(Lane& lane, std::shared_ptr<Operation> operation) {
  const Napi::Promise::Deferred deferred(env_);
  Operation* const key = operation.get();
  lane.add(operation, [mailbox = mailbox_](std::shared_ptr<Operation> ended) { mailbox->put(std::move(ended)); });
  if (pending_.empty()) napi_ref_threadsafe_function(env_, mailbox_->wake);
  pending_.emplace(key, Pending{std::move(operation), deferred});
  return deferred.Promise();
}

void Completions::on_mail(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<Completions*>(context)->settle_ended();
}

void Completions::settle_ended() {
  for (const std::shared_ptr<Operation>& operation : mailbox_->take()) {
    const auto found = pending_.find(operation.get());
    if (found == pending_.end()) continue;
    const Napi::Promise::Deferred deferred = found->second.deferred;
    pending_.erase(found);
    operation->settle(env_, deferred);
  }
  if (pending_.empty()) napi_unref_threadsafe_function(env_, mailbox_->wake);
}

}  // namespace longattn::addon
