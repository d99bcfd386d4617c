// Where the attention problems of a window come from: the lookup path for layer 0, a decoder for the layers above it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "attention_stats.h"
#include "error.h"

namespace longattn {

// Statistics that may still be on their way: called once, it waits for them. Throws what attention_stats() throws, but
// Cancelled.
using PendingStats = std::function<AttentionStats()>;
// Computes, or starts to, instead of attention_stats(), e.g. on a device. The problem's source is of no more use after
// that; its other arrays live as long as the provider.
using Statistics = std::function<PendingStats(const AttentionProblem&, const AttentionOptions&)>;
using Counters = std::map<std::string, double>;

struct ProviderOptions {
  int threads = 0;                            // 0: all
  const std::atomic<bool>* cancel = nullptr;  // polled; throws Cancelled
  Statistics statistics = {};                 // empty: attention_stats()
};

// How a model is opened. A number alone is its memory.
struct OpenOptions {
  OpenOptions(int64_t memory_bytes, int threads = 0, const std::atomic<bool>* cancel = nullptr)
      : memory_bytes(memory_bytes), threads(threads), cancel(cancel) {}

  int64_t memory_bytes;             // budget of the table of projected tokens
  int threads;                      // 0: all
  const std::atomic<bool>* cancel;  // polled; opening throws Cancelled. Or null
};

// Of one window, -ln p of its tokens 1 .. length-1, nats: [length - 1] each.
struct WindowLosses {
  std::vector<double> all;   // every token sees all before it
  std::vector<double> near;  // token n sees token i only if n - i < near or i < kSinkKeys
};

class LayerProvider {
 public:
  virtual ~LayerProvider() = default;

  // Layers that visit() can give are 0 .. layers() - 1.
  virtual int64_t layers() const = 0;
  virtual int64_t vocab() const = 0;

  // Calls `visitor` once for each of `layers` (ascending, distinct, valid), one after the other; the problem and its
  // source live during the call, and the visitor fills in k. ids: [length], each in 0 .. vocab() - 1. From one thread
  // at a time. Throws Error and Cancelled.
  using Visitor = std::function<void(int64_t layer, AttentionProblem& problem)>;
  virtual void visit(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers,
                     const ProviderOptions& options, const Visitor& visitor) = 0;

  // -ln p(ids[n] | ids[0..n)) for n = 1 .. length-1, nats: [length - 1]. near = 0: every token sees all before it.
  // near > 0: token n sees token i only if n - i < near or i < kSinkKeys. Throws Error and Cancelled.
  virtual std::vector<double> losses(const int32_t*, int64_t, int64_t, const ProviderOptions&) {
    throw Error(kHeadUnavailable, "the model was opened without its language model head. Open it for losses.");
  }

  // What visit() does, and both losses(); near > 0. A decoder runs its layers for them once where it can.
  virtual WindowLosses visit_and_losses(const int32_t* ids, int64_t length, const std::vector<int64_t>& layers,
                                        int64_t near, const ProviderOptions& options, const Visitor& visitor) {
    visit(ids, length, layers, options, visitor);
    return {losses(ids, length, 0, options), losses(ids, length, near, options)};
  }

  // Counts for logs, e.g. tokens looked up and found.
  virtual Counters counters() const { return {}; }
};

}  // namespace longattn
