// Packs, schedules, reduces. Work items are (row block, head) of one KV head, longest rows first; each writes its own
// slot, and the slots are added in order afterwards: that makes the bits independent of threads, and costs one
// HeadStats a block.
#include "attention/driver.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "attention/aligned_buffer.h"
#include "attention/check_problem.h"
#include "attention/failures.h"
#include "attention/finish_rows.h"
#include "attention/float_environment.h"
#include "attention/inputs.h"
#include "attention/packed_values.h"
#include "attention/segments.h"
#include "parallel_rows.h"

namespace longattn::attention {
namespace {

// One thread's memory.
struct Scratch {
  Scratch(const RowKernel& k, const Inputs& all, bool score, int64_t value_width)
      : inputs(all.make_scratch()),
        states(make_aligned<RowState>(score ? k.block_rows : 0)),
        kernel(make_aligned<char>(score ? k.block_rows * k.scratch_bytes : 0)),
        sums(make_aligned<float>(k.block_rows * value_width)),
        masses(make_aligned<float>(value_width > 0 ? k.block_rows * kMassFloats : 0)) {}
  Inputs::Scratch inputs;
  AlignedBuffer<RowState> states;
  AlignedBuffer<char> kernel;
  AlignedBuffer<float> sums, masses;
};

class Run {
 public:
  // `score`: statistics; `values` or null.
  Run(const RowKernel& kernel, const AttentionProblem& problem, const AttentionOptions& options, bool score,
      const AttentionValues* values)
      : k_(kernel),
        p_(problem),
        o_(options),
        score_(score),
        v_(values),
        failures_(options.cancel),
        segments_(make_segments(p_.length, p_.k)),
        group_(p_.heads / p_.kv_heads),
        inputs_(k_, p_),
        block_count_(divide_up(p_.length, k_.block_rows)),
        threads_(static_cast<int>(std::min<int64_t>(thread_count(o_.threads), block_count_ * group_))) {
    if (v_ != nullptr) values_.emplace(k_, p_, *v_);
    for (int t = 0; t < threads_; ++t) scratch_.emplace_back(k_, inputs_, score_, values_ ? values_->width() : 0);
    if (!score_) return;
    slots_.resize(block_count_ * group_);
    result_.heads.resize(p_.heads);
    if (o_.token_far) token_far_.resize(group_ * p_.length), token_sum_.resize(p_.length);
  }

  AttentionStats all_groups() {
    for (int64_t kv = 0; kv < p_.kv_heads; ++kv) {
      if (failures_.cancelled()) throw Cancelled();
      if (p_.mutable_source != nullptr) p_.mutable_source->prepare_group(kv);
      one_group(kv);
      failures_.rethrow();
      if (score_) reduce(kv);
    }
    for (double sum : token_sum_) result_.token_far.push_back(static_cast<float>(sum / static_cast<double>(p_.heads)));
    return std::move(result_);
  }

 private:
  void one_group(int64_t kv) {
    const int64_t items = block_count_ * group_;
#pragma omp parallel num_threads(threads_)
    {
      const FloatEnvironment environment;
      Scratch& scratch = scratch_[omp_get_thread_num()];
#pragma omp for schedule(static)
      for (int64_t panel = 0; panel < inputs_.panel_count(); ++panel)
        failures_.guard(kv * group_, [&] {
          if (!inputs_.pack_keys(kv, panel, scratch.inputs)) not_finite(kv * group_);
          if (values_) values_->pack(kv, panel);
        });
#pragma omp for schedule(dynamic, 1)
      for (int64_t item = 0; item < items; ++item) {
        const int64_t head = kv * group_ + item % group_;
        failures_.guard(head, [&] { run_block(head, block_count_ - 1 - item / group_, scratch); });
      }
    }
  }

  // Statistics of what is not finite are refused; values become NaN.
  void not_finite(int64_t head) {
    if (score_) failures_.not_finite(head);
  }

  void run_block(int64_t head, int64_t block, Scratch& s) {
    const StopContext context = {&failures_, head};
    BlockInput input = {};
    const int64_t first_row = block * k_.block_rows;
    if (!inputs_.fill(head, first_row, std::min(k_.block_rows, p_.length - first_row), s.inputs, input)) {
      not_finite(head);
      if (score_) return;
    }
    input.stop = stop_block;
    input.stop_context = &context;
    Values values = {};
    if (values_) {
      values = values_->of(head, first_row);
      values.sums = s.sums.get();
      values.masses = s.masses.get();
    }
    if (!score_) return k_.run_values({input, values, v_->near});

    RowBlock b = {};
    static_cast<BlockInput&>(b) = input;
    b.values = values_ ? &values : nullptr;
    b.segments = &segments_;
    b.entropy = o_.entropy;
    b.far_peak = o_.far_peak;
    b.states = s.states.get();
    b.scratch = s.kernel.get();
    k_.run(b);
    if (failures_.stop(head)) return;

    const double sink = p_.sink_logits != nullptr ? p_.sink_logits[head] * kLog2E : -HUGE_VAL;
    float* token_far = o_.token_far ? token_far_.data() + (head % group_) * p_.length + b.first_row : nullptr;
    HeadStats& slot = slots_[(head % group_) * block_count_ + block];
    slot = HeadStats();
    if (!finish_rows(b, sink, slot, token_far)) failures_.not_finite(head);
  }

  void reduce(int64_t kv) {
    for (int64_t g = 0; g < group_; ++g) {
      HeadStats& sum = result_.heads[kv * group_ + g];
      for (int64_t block = 0; block < block_count_; ++block) add(slots_[g * block_count_ + block], sum);
      for (size_t n = 0; n < token_sum_.size(); ++n) token_sum_[n] += token_far_[g * token_sum_.size() + n];
    }
  }

  static void add(const HeadStats& part, HeadStats& sum) {
    sum.far_mass += part.far_mass;
    sum.far_squares += part.far_squares;
    sum.entropy += part.entropy;
    sum.far_peak += part.far_peak;
    for (int i = 0; i < kBins; ++i) {
      sum.mass[i] += part.mass[i];
      sum.squares[i] += part.squares[i];
      sum.sink_mass[i] += part.sink_mass[i];
      sum.sink_squares[i] += part.sink_squares[i];
    }
  }

  const RowKernel& k_;
  const AttentionProblem& p_;
  const AttentionOptions& o_;
  const bool score_;
  const AttentionValues* v_;
  Failures failures_;
  const Segments segments_;
  const int64_t group_;  // query heads of a KV head
  Inputs inputs_;
  std::optional<PackedValues> values_;
  const int64_t block_count_;
  const int threads_;              // no more than there are work items
  std::vector<Scratch> scratch_;   // [threads]
  std::vector<HeadStats> slots_;   // [group][blocks]
  std::vector<float> token_far_;   // [group][L]
  std::vector<double> token_sum_;  // [L]
  AttentionStats result_;
};

}  // namespace

AttentionStats run_kernel(const RowKernel& kernel, const AttentionProblem& problem, const AttentionOptions& options) {
  check_problem(problem, options);
  AttentionValues* values = kernel.run_values != nullptr ? problem.values : nullptr;
  if (values != nullptr) check_values(*values, 0);
  AttentionStats stats = Run(kernel, problem, options, true, values).all_groups();
  if (values != nullptr) values->done = true;
  return stats;
}

void run_values(const RowKernel& kernel, const AttentionProblem& problem, AttentionValues& values, int threads,
                const std::atomic<bool>* cancel) {
  AttentionOptions options;
  options.threads = threads;
  options.cancel = cancel;
  check_problem(problem, options);
  check_values(values, problem.length);
  Run(kernel, problem, options, false, &values).all_groups();
  values.done = true;
}

}  // namespace longattn::attention
