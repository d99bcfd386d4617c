// Memory comes in chunks, so that a small corpus never pays for the whole budget and rows never move.
#include "layer_zero/token_table.h"

#include <algorithm>

namespace longattn {

TokenTable::TokenTable(int64_t vocab, int64_t row_floats, int64_t budget_bytes)
    : row_floats_(row_floats), slots_(static_cast<size_t>(vocab), kAbsent) {
  const int64_t chunk_bytes = kChunkRows * row_floats * static_cast<int64_t>(sizeof(float));
  capacity_ = std::min(vocab, budget_bytes / chunk_bytes * kChunkRows);
}

void TokenTable::reserve(int64_t count) {
  while (static_cast<int64_t>(chunks_.size()) * kChunkRows < used_ + count) {
    chunks_.emplace_back(new float[static_cast<size_t>(kChunkRows * row_floats_)]);
  }
}

void TokenTable::commit(const int64_t* tokens, int64_t count) {
  for (int64_t i = 0; i < count; ++i) slots_[tokens[i]] = static_cast<int32_t>(used_++);
}

int64_t TokenTable::bytes() const {
  return static_cast<int64_t>(chunks_.size()) * kChunkRows * row_floats_ * static_cast<int64_t>(sizeof(float));
}

}  // namespace longattn
