#include "attention/inputs.h"

#include <algorithm>

#include "attention/check_problem.h"
#include "attention/pack.h"

namespace longattn::attention {

Inputs::Inputs(const RowKernel& kernel, const AttentionProblem& problem)
    : k_(kernel),
      p_(problem),
      elements_(packed_dim(k_.input, p_.dim)),
      panel_count_(divide_up(p_.length, k_.panel_columns)),
      panels_(make_aligned<uint32_t>(panel_count_ * k_.panel_columns * elements_)) {}

Inputs::Scratch Inputs::make_scratch() const {
  return {make_aligned<float>(std::max(k_.block_rows, k_.panel_columns) * p_.dim),
          make_aligned<uint32_t>(k_.block_rows * elements_)};
}

bool Inputs::pack_keys(int64_t kv_head, int64_t panel, Scratch& s) {
  const int64_t first = panel * k_.panel_columns, count = std::min(k_.panel_columns, p_.length - first);
  p_.source->keys(kv_head, first, count, s.rows.get());
  pack_panel(k_.input, s.rows.get(), count, p_.dim, k_.panel_columns, panels_.get() + first * elements_);
  return all_finite(s.rows.get(), count * p_.dim);
}

bool Inputs::fill(int64_t head, int64_t first_row, int64_t rows, Scratch& s, BlockInput& b) const {
  p_.source->queries(head, first_row, rows, s.rows.get());
  const double cap = p_.softcap, scale = cap > 0 ? p_.scale / cap : p_.scale * kLog2E;
  const int64_t padded = divide_up(rows, k_.row_group) * k_.row_group;
  pack_queries(k_.input, s.rows.get(), rows, p_.dim, static_cast<float>(scale), padded, s.queries.get());
  b.queries = s.queries.get();
  b.panels = panels_.get();
  b.dim = elements_;
  b.first_row = first_row;
  b.rows = rows;
  b.softcap = static_cast<float>(cap * kLog2E);
  b.alibi = p_.alibi_slopes != nullptr ? p_.alibi_slopes[head] * kLog2E : 0;
  b.window = p_.sliding_window;
  return all_finite(s.rows.get(), rows * p_.dim);
}

}  // namespace longattn::attention
