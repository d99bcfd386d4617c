// One thread that runs operations one after the other. A model has one.
//
// It is not a thread of libuv's pool: Node waits for that pool when a process or a worker thread ends, and a batch may
// take minutes. Nobody waits for a lane. It keeps what it runs alive, and goes when its queue is empty and its owner
// gone.
#pragma once

#include <functional>
#include <memory>

#include "operation.h"

namespace longattn::addon {

class Lane {
 public:
  Lane();
  ~Lane();  // what is queued still runs
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // `ended` is called on the lane's thread, with the operation that ran. Starts the thread when it is first needed.
  using Ended = std::function<void(std::shared_ptr<Operation>)>;
  void add(std::shared_ptr<Operation> operation, Ended ended);
  // Cancels the operation that runs and those that wait.
  void cancel_all();

 private:
  struct State;
  std::shared_ptr<State> state_;  // the thread's too
};

// Cancels what runs on any lane of this process, and what may come; waits up to `milliseconds` for it to end. For the
// end of the process.
void stop_lanes(int milliseconds);

}  // namespace longattn::addon
