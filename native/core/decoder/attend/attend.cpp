// Packs the keys and values of one key head at a time, and hands blocks of rows to threads.
#include "decoder/attend/attend.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "attention/aligned_buffer.h"
#include "attention/cpu_features.h"
#include "attention/float_environment.h"
#include "attention/row_block.h"
#include "decoder/attend/flash_block.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

using attention::AlignedBuffer;
using attention::kLog2E;
using attention::make_aligned;

static_assert(flash::kAlwaysNear == kSinkKeys);

const flash::Kernel& choose_kernel() {
#if defined(__x86_64__)
  const attention::VectorWidth width = attention::vector_width();
  if (width == attention::VectorWidth::avx512) return flash::avx512_kernel();
  if (width == attention::VectorWidth::avx2) return flash::avx2_kernel();
#endif
  return flash::portable_kernel();
}

// Keys and values of one key head, packed as flash_block.h says.
struct Panels {
  AlignedBuffer<float> keys, values;
};

// Of one thread. Made before the threads: what cannot be allocated among them ends the process.
struct Scratch {
  AlignedBuffer<float> queries, sums;
};

class Attention {
 public:
  Attention(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out)
      : config_(config),
        in_(input),
        out_(out),
        kernel_(choose_kernel()),
        options_(options),
        threads_(thread_count(options.threads)),
        panels_((input.length + flash::kPanel - 1) / flash::kPanel),
        chunks_((input.value_dim + kernel_.columns - 1) / kernel_.columns),
        packed_{make_aligned<float>(panels_ * flash::kPanel * config_.dim),
                make_aligned<float>(panels_ * flash::kPanel * chunks_ * kernel_.columns)} {
    for (int thread = 0; thread < threads_; ++thread) {
      scratch_.push_back({make_aligned<float>(flash::kBlockRows * config_.dim),
                          make_aligned<float>(flash::kBlockRows * chunks_ * kernel_.columns)});
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
    const int64_t first = panel * flash::kPanel, dim = config_.dim, columns = kernel_.columns;
    const int64_t count = std::min<int64_t>(flash::kPanel, in_.length - first);
    float* keys = packed_.keys.get() + first * dim;
    float* values = packed_.values.get() + first * chunks_ * columns;
    for (int64_t c = 0; c < flash::kPanel; ++c) {
      const float* key = in_.k + ((first + c) * config_.kv_heads + kv) * dim;
      float* to = keys + c / columns * columns * dim + c % columns;
      for (int64_t j = 0; j < dim; ++j) to[j * columns] = c < count ? key[j] : 0;
      const float* value = in_.v + ((first + c) * config_.kv_heads + kv) * in_.value_dim;
      for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
        float* row = values + (chunk * flash::kPanel + c) * columns;
        const int64_t from = chunk * columns;
        const int64_t there = c < count ? std::min(columns, in_.value_dim - from) : 0;
        std::copy_n(value + from, there, row);
        std::fill_n(row + there, columns - there, 0.0f);
      }
    }
  }

  void attend_block(int64_t head, int64_t first, float* queries, float* sums) const {
    const int64_t rows = std::min<int64_t>(flash::kBlockRows, in_.length - first), dim = config_.dim;
    const auto factor = static_cast<float>(config_.attention_scale * kLog2E);
    for (int64_t r = 0; r < flash::kBlockRows; ++r) {
      const float* query = in_.q + ((first + r) * config_.heads + head) * dim;
      for (int64_t j = 0; j < dim; ++j) queries[r * dim + j] = r < rows ? query[j] * factor : 0;
    }
    flash::Block block;
    block.queries = queries;
    block.keys = packed_.keys.get();
    block.values = packed_.values.get();
    block.sums = sums;
    block.out = out_ + (first * config_.heads + head) * in_.value_dim;
    block.out_stride = config_.heads * in_.value_dim;
    block.first_row = first;
    block.rows = rows;
    block.dim = dim;
    block.value_dim = in_.value_dim;
    block.value_chunks = chunks_;
    block.window = config_.sliding_window > 0 ? std::min(config_.sliding_window, in_.length) : in_.length;
    block.near = in_.near > 0 ? std::min(in_.near, in_.length) : in_.length;
    block.softcap = static_cast<float>(config_.softcap * kLog2E);
    block.alibi = config_.alibi_slopes.empty() ? 0 : static_cast<float>(config_.alibi_slopes[head] * kLog2E);
    block.has_sink = !config_.sink_logits.empty();
    block.sink = block.has_sink ? static_cast<float>(config_.sink_logits[head] * kLog2E) : 0;
    kernel_.run(block);
  }

  const AttentionConfig& config_;
  const AttendInput& in_;
  float* out_;
  const flash::Kernel& kernel_;
  const ProviderOptions& options_;
  const int threads_;
  const int64_t panels_;
  const int64_t chunks_;  // of a value row
  const Panels packed_;
  std::vector<Scratch> scratch_;  // one a thread
};

}  // namespace

void attend(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out) {
  Attention(config, input, options, out).run();
}

}  // namespace longattn
