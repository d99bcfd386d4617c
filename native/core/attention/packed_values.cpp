#include "attention/packed_values.h"

#include <algorithm>

#include "attention/inputs.h"
#include "attention/pack.h"

namespace longattn::attention {

PackedValues::PackedValues(const RowKernel& kernel, const AttentionProblem& problem, const AttentionValues& values)
    : columns_(kernel.panel_columns),
      p_(problem),
      v_(values),
      chunks_(divide_up(values.dim, columns_)),
      panels_(make_aligned<float>(divide_up(problem.length, columns_) * columns_ * width())) {}

void PackedValues::pack(int64_t kv_head, int64_t panel) const {
  const int64_t first = panel * columns_, stride = p_.kv_heads * v_.dim;
  pack_values(v_.v + first * stride + kv_head * v_.dim, stride, std::min(columns_, p_.length - first), v_.dim, columns_,
              panels_.get() + first * width());
}

Values PackedValues::of(int64_t head, int64_t first_row) const {
  Values values = {};
  values.panels = panels_.get();
  values.dim = v_.dim;
  values.chunks = chunks_;
  values.has_sink = p_.sink_logits != nullptr;
  values.sink = values.has_sink ? p_.sink_logits[head] * kLog2E : 0;
  values.out = v_.out + (first_row * p_.heads + head) * v_.dim;
  values.out_stride = p_.heads * v_.dim;
  return values;
}

}  // namespace longattn::attention
