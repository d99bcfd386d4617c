// Threads are detached, and what they share is never destroyed before they let go of it.
#include "lane.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace longattn::addon {
namespace {

// The operations that run now, of all environments.
struct Running {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<Operation*> operations;
  bool stopping = false;
};

// Never destroyed: a thread may come here while the process ends.
Running& running() {
  static auto* const shared = new Running;
  return *shared;
}

#ifdef __GLIBC__
// exit() destroys what libraries keep in static storage. A thread at work in one of them would read freed memory, and
// waiting for it could take minutes: so the process ends here, with the code that it was to end with.
void end_if_running(int code, void*) {
  const std::lock_guard lock(running().mutex);
  if (!running().operations.empty()) std::_Exit(code);
}

const int registered = on_exit(end_if_running, nullptr);
#endif

void run_registered(Operation& operation) {
  Running& all = running();
  {
    const std::lock_guard lock(all.mutex);
    if (all.stopping) operation.cancel();
    all.operations.insert(&operation);
  }
  operation.run();
  const std::lock_guard lock(all.mutex);
  all.operations.erase(&operation);
  all.changed.notify_all();
}

}  // namespace

void stop_lanes(int milliseconds) {
  Running& all = running();
  std::unique_lock lock(all.mutex);
  all.stopping = true;
  for (Operation* operation : all.operations) operation->cancel();
  all.changed.wait_for(lock, std::chrono::milliseconds(milliseconds), [&] { return all.operations.empty(); });
}

struct Lane::State {
  struct Item {
    std::shared_ptr<Operation> operation;
    Ended ended;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Item> queue;  // the front one runs
  bool started = false;
  bool closed = false;

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return closed || !queue.empty(); });
      if (queue.empty()) return;
      Item item = queue.front();
      lock.unlock();
      run_registered(*item.operation);
      lock.lock();
      queue.pop_front();
      lock.unlock();
      item.ended(std::move(item.operation));
      item = {};
      lock.lock();
    }
  }
};

Lane::Lane() : state_(std::make_shared<State>()) {}

Lane::~Lane() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

void Lane::add(std::shared_ptr<Operation> operation, Ended ended) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->started) std::thread([state = state_] { state->serve(); }).detach();
  state_->started = true;
  state_->queue.push_back({std::move(operation), std::move(ended)});
  state_->changed.notify_all();
}

void Lane::cancel_all() {
  const std::lock_guard lock(state_->mutex);
  for (const State::Item& item : state_->queue) item.operation->cancel();
}

}  // namespace longattn::addon
