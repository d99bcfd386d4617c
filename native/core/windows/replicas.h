// Several copies of a model, each on a device of its own, at work on the windows of a batch.
//
// Windows and not head groups are shared out: layers, losses and statistics of a window stay where its rows are, and
// nothing crosses from one device to another.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "windows/layer_provider.h"

namespace longattn {

// Neither part is owned. One thread at a time uses them.
struct Replica {
  LayerProvider* provider = nullptr;
  Statistics statistics = {};  // ProviderOptions::statistics of its windows
};

// A model opened once a device, and what its replicas have counted.
class Replicas {
 public:
  virtual ~Replicas() = default;
  virtual const std::vector<Replica>& all() const = 0;  // at least one; they live as long as this
  virtual Counters counters() const = 0;                // sums over the replicas
};

using WindowWork = std::function<void(int64_t window, LayerProvider& provider, const ProviderOptions& options)>;

// Calls work() once for each window 0 .. windows-1. With one replica in the calling thread and in order; with several
// each has a thread and takes the next window when it is free, and options.threads are shared out among them. So work()
// puts its result where the window says. Throws what the lowest failing window threw: those after it are stopped, those
// before it end first. Throws Cancelled.
void for_each_window(const std::vector<Replica>& replicas, int64_t windows, const ProviderOptions& options,
                     const WindowWork& work);

// What is left to do of a window whose work a device has in its queue: waits for it. Does not throw Cancelled.
using WindowEnd = std::function<void()>;
using WindowStart = std::function<WindowEnd(int64_t window, LayerProvider& provider, const ProviderOptions& options)>;

// The same for work that goes on by itself: a replica ends a window after it has started the next, so that a device
// need not wait for the CPU in between.
void pipeline_windows(const std::vector<Replica>& replicas, int64_t windows, const ProviderOptions& options,
                      const WindowStart& start);

}  // namespace longattn
