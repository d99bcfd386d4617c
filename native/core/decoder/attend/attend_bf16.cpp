// Packs the keys and values of one key head at a time, and hands blocks of rows to threads.
#include "decoder/attend/attend_bf16.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "attention/aligned_buffer.h"
#include "attention/float_environment.h"
#include "attention/row_block.h"
#include "decoder/attend/flash_block.h"
#include "decoder/attend/pack.h"
#include "parallel_rows.h"
#include "simd/cpu_kernel.h"

namespace longattn {
namespace {

using attention::AlignedBuffer;
using attention::kLog2E;
using attention::make_aligned;

static_assert(flash::kAlwaysNear == kSinkKeys);

// Keys and values of one key head, packed as flash_block.h says.
struct Panels {
  AlignedBuffer<uint32_t> keys, values;
};

// Of one thread. Made before the threads: what cannot be allocated among them ends the process.
struct Scratch {
  AlignedBuffer<uint32_t> queries;
  AlignedBuffer<float> sums;
};

class Attention {
 public:
  Attention(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out)
      : config_(config),
        in_(input),
        out_(out),
        options_(options),
        threads_(thread_count(options.threads)),
        panels_((input.length + flash::kPanel - 1) / flash::kPanel),
        chunks_((input.value_dim + flash::kColumns - 1) / flash::kColumns),
        elements_(flash::elements_of(config_.dim)),
        value_elements_(flash::kPanel / 2 * chunks_ * flash::kColumns),
        packed_{make_aligned<uint32_t>(panels_ * flash::kPanel * elements_),
                make_aligned<uint32_t>(panels_ * value_elements_)} {
    for (int thread = 0; thread < threads_; ++thread) {
      scratch_.push_back({make_aligned<uint32_t>(flash::kBlockRows * elements_),
                          make_aligned<float>(flash::kBlockRows * chunks_ * flash::kColumns)});
    }
  }

  void run() {
    const int64_t blocks = (in_.length + flash::kBlockRows - 1) / flash::kBlockRows;
    for (int64_t kv = 0; kv < config_.kv_heads; ++kv) {
      parallel_rows(panels_, threads_, [&](int64_t panel) { pack(kv, panel); });
      const int64_t tasks = blocks * config_.group();
#pragma omp parallel num_threads(threads_)
      {
        const attention::FloatEnvironment environment;
        const Scratch& scratch = scratch_[omp_get_thread_num()];
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < tasks; ++task) {
          if (is_cancelled(options_.cancel)) continue;
          // The last rows see the most keys: they go first, so that no thread is left with a long one at the end.
          const int64_t block = blocks - 1 - task / config_.group();
          attend_block(kv * config_.group() + task % config_.group(), block * flash::kBlockRows, scratch.queries.get(),
                       scratch.sums.get());
        }
      }
      poll(options_.cancel);
    }
  }

 private:
  void pack(int64_t kv, int64_t panel) const {
    const int64_t first = panel * flash::kPanel, count = std::min<int64_t>(flash::kPanel, in_.length - first);
    flash::pack_keys(rows_of(in_.k, config_.kv_heads, kv, first, count, config_.dim),
                     packed_.keys.get() + first * elements_);
    flash::pack_values(rows_of(in_.v, config_.kv_heads, kv, first, count, in_.value_dim), chunks_,
                       packed_.values.get() + panel * value_elements_);
  }

  // Rows first .. first + count - 1 of one of `heads` heads of x.
  static flash::Rows rows_of(const float* x, int64_t heads, int64_t head, int64_t first, int64_t count, int64_t width) {
    return {x + (first * heads + head) * width, heads * width, count, width};
  }

  void attend_block(int64_t head, int64_t first, uint32_t* queries, float* sums) const {
    const int64_t rows = std::min<int64_t>(flash::kBlockRows, in_.length - first);
    const auto factor = static_cast<float>(config_.attention_scale * kLog2E);
    flash::pack_queries(rows_of(in_.q, config_.heads, head, first, rows, config_.dim), factor, queries);
    flash::Block block;
    block.queries = queries;
    block.keys = packed_.keys.get();
    block.values = packed_.values.get();
    block.sums = sums;
    block.out = out_ + (first * config_.heads + head) * in_.value_dim;
    block.out_stride = config_.heads * in_.value_dim;
    block.first_row = first;
    block.rows = rows;
    block.elements = elements_;
    block.value_dim = in_.value_dim;
    block.value_chunks = chunks_;
    block.window = config_.sliding_window > 0 ? std::min(config_.sliding_window, in_.length) : in_.length;
    block.near = in_.near > 0 ? std::min(in_.near, in_.length) : in_.length;
    block.softcap = static_cast<float>(config_.softcap * kLog2E);
    block.alibi = config_.alibi_slopes.empty() ? 0 : static_cast<float>(config_.alibi_slopes[head] * kLog2E);
    block.has_sink = !config_.sink_logits.empty();
    block.sink = block.has_sink ? static_cast<float>(config_.sink_logits[head] * kLog2E) : 0;
#if defined(__x86_64__)
    flash::run_tiles(block);
#endif
  }

  const AttentionConfig& config_;
  const AttendInput& in_;
  float* out_;
  const ProviderOptions& options_;
  const int threads_;
  const int64_t panels_;
  const int64_t chunks_;          // of a value row
  const int64_t elements_;        // of a packed query or key
  const int64_t value_elements_;  // of a panel of values
  const Panels packed_;
  std::vector<Scratch> scratch_;  // one a thread
};

}  // namespace

bool has_attend_bf16() {
  return simd::choose_cpu_kernel().bf16_tiles;
}

void attend_bf16(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out) {
  Attention(config, input, options, out).run();
}

}  // namespace longattn
