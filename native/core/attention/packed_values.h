// The values of a problem, packed as a kernel reads them: those of one KV head at a time.
#pragma once

#include "attention/aligned_buffer.h"
#include "attention/row_block.h"
#include "attention_stats.h"

namespace longattn::attention {

class PackedValues {
 public:
  PackedValues(const RowKernel& kernel, const AttentionProblem& problem, const AttentionValues& values);

  // Floats of a packed value.
  int64_t width() const { return chunks_ * columns_; }
  // Panel `panel` of the values of `kv_head`, from many threads at a time.
  void pack(int64_t kv_head, int64_t panel) const;
  // What a block of rows from first_row on reads and writes: all but the scratch.
  Values of(int64_t head, int64_t first_row) const;

 private:
  const int64_t columns_;
  const AttentionProblem& p_;
  const AttentionValues& v_;
  const int64_t chunks_;
  const AlignedBuffer<float> panels_;
};

}  // namespace longattn::attention
