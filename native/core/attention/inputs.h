// Queries and keys of a problem, packed as a kernel reads them: the keys of one KV head at a time, the queries of one
// block.
#pragma once

#include "attention/aligned_buffer.h"
#include "attention/failures.h"
#include "attention/row_block.h"
#include "attention_stats.h"

namespace longattn::attention {

class Inputs {
 public:
  // One thread's memory.
  struct Scratch {
    AlignedBuffer<float> rows;
    AlignedBuffer<uint32_t> queries;
  };

  Inputs(const RowKernel& kernel, const AttentionProblem& problem);

  Scratch make_scratch() const;
  int64_t panel_count() const { return panel_count_; }
  // Packs panel `panel` of the keys of `kv_head`, from many threads at a time; false if a key is not finite.
  bool pack_keys(int64_t kv_head, int64_t panel, Scratch& scratch);
  // Fills in all but `stop` for rows of a head whose keys are packed, at most block_rows of the kernel; false if a
  // query is not finite. `block` is good until the next call with this scratch.
  bool fill(int64_t head, int64_t first_row, int64_t rows, Scratch& scratch, BlockInput& block) const;

 private:
  const RowKernel& k_;
  const AttentionProblem& p_;
  const int64_t elements_;  // packed elements of a row
  const int64_t panel_count_;
  AlignedBuffer<uint32_t> panels_;
};

inline int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace longattn::attention
