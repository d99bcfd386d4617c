// Work items are (chunk of rows, head) of one KV head, longest rows first. A chunk lies within one block of rows; each
// item writes its own slot, and the slots are added in order afterwards: that makes the bits independent of threads.
#include "attention/map_driver.h"

#include <algorithm>
#include <cmath>

#include "attention/check_problem.h"
#include "attention/float_environment.h"
#include "attention/inputs.h"
#include "parallel_rows.h"

namespace longattn::attention {
namespace {

struct Chunk {
  int64_t first_row, rows, block;
};

// Rows 0 .. L-1 cut at the edges, and into chunks of at most `most` rows, as even as they can be.
std::vector<Chunk> cut_rows(const std::vector<int64_t>& edges, int64_t most) {
  std::vector<Chunk> chunks;
  for (size_t block = 0; block + 1 < edges.size(); ++block) {
    const int64_t rows = edges[block + 1] - edges[block], count = divide_up(rows, most);
    for (int64_t c = 0; c < count; ++c) {
      const int64_t first = rows * c / count, end = rows * (c + 1) / count;
      chunks.push_back({edges[block] + first, end - first, static_cast<int64_t>(block)});
    }
  }
  return chunks;
}

std::vector<int64_t> edges_of(int64_t length, int64_t blocks) {
  std::vector<int64_t> edges;
  for (int64_t j = 0; j <= blocks; ++j) edges.push_back(map_edge(length, blocks, j));
  return edges;
}

// One thread's memory.
struct Scratch {
  Scratch(const RowKernel& k, const Inputs& all, int64_t rows, int64_t blocks)
      : inputs(all.make_scratch()), sums(blocks * rows), shifts(divide_up(rows, k.row_group) * k.row_group) {}
  Inputs::Scratch inputs;
  std::vector<double> sums;  // [blocks][padded rows]
  std::vector<float> shifts;
};

class MapRun {
 public:
  MapRun(const RowKernel& kernel, const AttentionProblem& problem, int64_t blocks, const MapOptions& options)
      : k_(kernel),
        p_(problem),
        o_(options),
        blocks_(blocks),
        failures_(options.cancel),
        group_(p_.heads / p_.kv_heads),
        inputs_(k_, p_),
        edges_(edges_of(p_.length, blocks)),
        chunks_(cut_rows(edges_, k_.block_rows)),
        threads_(static_cast<int>(std::min<int64_t>(thread_count(o_.threads), chunk_count() * group_))),
        slots_(std::min<int64_t>(group_, static_cast<int64_t>(o_.heads.size())) * chunk_count() * blocks_),
        cells_(blocks_ * blocks_) {
    int64_t longest = 0;
    for (const Chunk& chunk : chunks_) longest = std::max(longest, chunk.rows);
    const int64_t padded = divide_up(longest, k_.row_group) * k_.row_group;
    for (int t = 0; t < threads_; ++t) scratch_.emplace_back(k_, inputs_, padded, blocks_);
  }

  std::vector<std::vector<float>> all_groups() {
    for (size_t first = 0, end = 0; first < o_.heads.size(); first = end) {
      const int64_t kv = o_.heads[first] / group_;
      while (end < o_.heads.size() && o_.heads[end] / group_ == kv) ++end;
      if (failures_.cancelled()) throw Cancelled();
      if (p_.mutable_source != nullptr) p_.mutable_source->prepare_group(kv);
      one_group(kv, o_.heads.data() + first, static_cast<int64_t>(end - first));
      failures_.rethrow();
      for (size_t h = first; h < end; ++h) reduce(static_cast<int64_t>(h - first));
    }
    if (o_.mean) finish(static_cast<double>(o_.heads.size()));
    return std::move(result_);
  }

 private:
  int64_t chunk_count() const { return static_cast<int64_t>(chunks_.size()); }

  void one_group(int64_t kv, const int64_t* heads, int64_t count) {
#pragma omp parallel num_threads(threads_)
    {
      const FloatEnvironment environment;
      Scratch& scratch = scratch_[omp_get_thread_num()];
#pragma omp for schedule(static)
      for (int64_t panel = 0; panel < inputs_.panel_count(); ++panel)
        failures_.guard(heads[0], [&] {
          if (!inputs_.pack_keys(kv, panel, scratch.inputs)) failures_.not_finite(heads[0]);
        });
#pragma omp for schedule(dynamic, 1)
      for (int64_t item = 0; item < chunk_count() * count; ++item) {
        const int64_t h = item % count, chunk = chunk_count() - 1 - item / count;
        failures_.guard(heads[h], [&] {
          if (!run_chunk(heads[h], chunks_[chunk], scratch, slot(h, chunk))) failures_.not_finite(heads[h]);
        });
      }
    }
  }

  // Sums over the chunk's rows of their attention to each block, into out [blocks]; false if a row is not finite.
  bool run_chunk(int64_t head, const Chunk& chunk, Scratch& s, double* out) {
    const StopContext context = {&failures_, head};
    MapBlock b = {};
    if (!inputs_.fill(head, chunk.first_row, chunk.rows, s.inputs, b)) return false;
    b.stop = stop_block;
    b.stop_context = &context;
    b.edges = edges_.data();
    b.runs = blocks_;
    b.sums = s.sums.data();
    b.shifts = s.shifts.data();
    k_.run_map(b);
    if (failures_.stop(head)) return true;

    const int64_t padded = divide_up(b.rows, k_.row_group) * k_.row_group;
    const double sink = p_.sink_logits != nullptr ? p_.sink_logits[head] * kLog2E : -HUGE_VAL;
    std::fill_n(out, blocks_, 0.0);
    for (int64_t r = 0; r < b.rows; ++r) {
      double keys = 0;
      for (int64_t j = 0; j < blocks_; ++j) keys += b.sums[j * padded + r];
      const double normaliser = sink == -HUGE_VAL ? keys : keys + std::exp2(sink - b.shifts[r]);
      if (!(normaliser > 0) || !std::isfinite(keys)) return false;
      for (int64_t j = 0; j < blocks_; ++j) out[j] += b.sums[j * padded + r] / normaliser;
    }
    return true;
  }

  double* slot(int64_t h, int64_t chunk) { return slots_.data() + (h * chunk_count() + chunk) * blocks_; }

  // Adds head h of the group to the cells, and hands them out unless they are for a mean.
  void reduce(int64_t h) {
    for (int64_t c = 0; c < chunk_count(); ++c)
      for (int64_t j = 0; j < blocks_; ++j) cells_[chunks_[c].block * blocks_ + j] += slot(h, c)[j];
    if (!o_.mean) finish(1);
  }

  void finish(double heads) {
    std::vector<float> map;
    for (int64_t i = 0; i < blocks_; ++i)
      for (int64_t j = 0; j < blocks_; ++j) {
        const int64_t entries = (edges_[i + 1] - edges_[i]) * (edges_[j + 1] - edges_[j]);
        map.push_back(static_cast<float>(cells_[i * blocks_ + j] / (static_cast<double>(entries) * heads)));
      }
    result_.push_back(std::move(map));
    std::fill(cells_.begin(), cells_.end(), 0.0);
  }

  const RowKernel& k_;
  const AttentionProblem& p_;
  const MapOptions& o_;
  const int64_t blocks_;
  Failures failures_;
  const int64_t group_;  // query heads of a KV head
  Inputs inputs_;
  const std::vector<int64_t> edges_;  // [blocks + 1], of rows and of keys
  const std::vector<Chunk> chunks_;
  const int threads_;             // no more than there are work items
  std::vector<Scratch> scratch_;  // [threads]
  std::vector<double> slots_;     // [heads of the group][chunks][blocks]
  std::vector<double> cells_;     // [blocks][blocks] sums of the head at work, or of all so far
  std::vector<std::vector<float>> result_;
};

}  // namespace

std::vector<std::vector<float>> run_map(const RowKernel& kernel, const AttentionProblem& problem, int64_t blocks,
                                        const MapOptions& options) {
  check_map_problem(problem, options);
  check_blocks(problem, blocks);
  return MapRun(kernel, problem, blocks, options).all_groups();
}

}  // namespace longattn::attention
