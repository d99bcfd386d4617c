// The contract of every attention kernel: statistics of one layer's causal attention, without the L x L matrix.
//
// No torch, no N-API here. A kernel asks a HeadSource for rows of Q and K (already rotated, not scaled), so that layer
// 0 can make them from a table of distinct tokens and the layers above can hand out slices of a tensor.
//
// Definitions (LongAttn, arXiv 2502.16860, and docs/definitions.md). M[n,i] is the causal attention of one head, row n
// over keys i <= n. Distance is n - i. "Far" means distance >= k. The first kSinkKeys keys are the sink.
#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace longattn {

constexpr int kBins = 32;     // distance bins, edges floor(j*L/32), j = 0..32
constexpr int kSinkKeys = 4;  // keys 0..3

// Rows of Q and K of one window. Calls are const and thread-safe; `out` is [count, dim], row-major, contiguous.
class HeadSource {
 public:
  virtual ~HeadSource() = default;
  // Called by the kernel, from one thread, before it asks for head group `kv_head` (query heads kv_head*G ..
  // kv_head*G+G-1, G = heads/kv_heads). Groups come in ascending order, one at a time: a source may keep state for one
  // group only.
  virtual void prepare_group(int64_t kv_head) { (void)kv_head; }
  virtual void queries(int64_t head, int64_t row, int64_t count, float* out) const = 0;
  virtual void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const = 0;
};

// softmax(logits) V of a problem, for layers that are run.
struct AttentionValues {
  const float* v = nullptr;  // [L, Hkv, dim]
  int64_t dim = 0;           // of a value, >= 1
  int64_t near = 0;          // > 0: key i of query n only if n - i < near or i < kSinkKeys, besides the problem's mask
  float* out = nullptr;      // [L, H, dim]
  bool done = false;         // out is filled
};

struct AttentionProblem {
  int64_t length = 0;                   // L >= 1
  int64_t heads = 0;                    // H
  int64_t kv_heads = 0;                 // Hkv, divides H
  int64_t dim = 0;                      // d of Q and K, 1..512
  int64_t k = 0;                        // minimum distance, >= 0
  float scale = 0;                      // logit = scale * q.k
  float softcap = 0;                    // > 0: logit = softcap * tanh(logit / softcap), before the mask
  int64_t sliding_window = 0;           // > 0: key i is visible iff 0 <= n - i < sliding_window
  const float* alibi_slopes = nullptr;  // [H] or null: logit += slope * (i - n)
  const float* sink_logits = nullptr;   // [H] or null: one more term exp(sink_logit) in the normaliser (gpt_oss)
  const HeadSource* source = nullptr;   // prepare_group() is called through mutable_source
  HeadSource* mutable_source = nullptr;
  // Or null. attention_stats() computes them in the same pass where its kernel can, in the bits of attention_values(),
  // and says so in `done`. `near` must be 0.
  AttentionValues* values = nullptr;
};

struct AttentionOptions {
  int threads = 0;                            // 0: all
  bool token_far = false;                     // fill AttentionStats::token_far
  bool entropy = true;                        // fill HeadStats::entropy
  bool far_peak = true;                       // fill HeadStats::far_peak
  const std::atomic<bool>* cancel = nullptr;  // polled at least every 50 ms; throws Cancelled
};

// Plain sums over the L rows (no division), float64.
struct HeadStats {
  double far_mass = 0;     // sum_n F_n(k): all keys at distance >= k
  double far_squares = 0;  // sum of M[n,i]^2 over the same entries
  double entropy = 0;      // sum over rows of -sum_i M ln M, nats (the sink logit's share is left out)
  double far_peak =
      0;  // sum over rows of the largest M[n,i] with distance >= k and i >= kSinkKeys (0 where there is none)
  double mass[kBins] = {};  // keys i >= kSinkKeys, by distance bin
  double squares[kBins] = {};
  double sink_mass[kBins] = {};  // keys i < kSinkKeys, by distance bin
  double sink_squares[kBins] = {};
};

struct AttentionStats {
  std::vector<HeadStats> heads;  // [H]
  std::vector<float> token_far;  // [L] mean over heads of F_n(k); empty unless asked for
};

class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

// Whether somebody has asked the work to end. Null: nobody can.
inline bool is_cancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}
// Throws Cancelled then.
inline void poll(const std::atomic<bool>* cancel) {
  if (is_cancelled(cancel)) throw Cancelled();
}

// Thrown when a row's attention is not finite (NaN or Inf in Q or K).
class NotFinite : public std::runtime_error {
 public:
  explicit NotFinite(int64_t head)
      : std::runtime_error("attention of head " + std::to_string(head) + " is not finite"), head(head) {}
  int64_t head;
};

// Naive float64 reference: obviously right, O(L) memory, one row at a time. Kept for ever as the oracle of the fast
// paths.
AttentionStats attention_stats_reference(const AttentionProblem& problem, const AttentionOptions& options);

// Blocked fp32 path for every CPU: fp32 products and exponentials, float64 sums.
AttentionStats attention_stats_portable(const AttentionProblem& problem, const AttentionOptions& options);

// The fastest kernel of this CPU, or the one that LONGATTN_CPU_KERNEL names (reference, portable, avx2, avx512,
// avx512bf16).
AttentionStats attention_stats(const AttentionProblem& problem, const AttentionOptions& options);

// Values alone, by the fastest kernel of this CPU or the one that the variable names; those that have no values leave
// them to the portable one (reference) or to the exact one of their width (avx512bf16). A row with a NaN or Inf among
// its logits is NaN.
void attention_values(const AttentionProblem& problem, AttentionValues& values, int threads,
                      const std::atomic<bool>* cancel);

// Names of the kernels that this CPU can run, fastest exact one first ("avx512bf16" rounds inputs and is never the
// default).
std::vector<std::string> attention_kernels();
// The kernel that attention_stats() will use now. Throws std::invalid_argument naming the allowed values if the
// variable is wrong.
std::string attention_kernel();

// Bin edge j: the smallest distance of bin j. edge(0) = 0, edge(32) = L. For L < 32 some bins are empty.
inline int64_t bin_edge(int64_t length, int j) {
  return j * length / kBins;
}

}  // namespace longattn
