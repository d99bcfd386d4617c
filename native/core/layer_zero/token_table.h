// Projected tokens kept across windows, within a budget of bytes: row = what layer 0 makes of a token before its
// position is known.
//
// Tokens are added until the table is full, and stay. Text is so skewed that the first windows bring nearly every token
// that matters, and a row's bits are the same wherever it was computed, so what is in the table changes speed, never a
// score.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace longattn {

class TokenTable {
 public:
  static constexpr int32_t kAbsent = -1;

  // `row_floats` floats a row. The budget covers the rows; the index takes 4 bytes a token of the vocabulary besides.
  TokenTable(int64_t vocab, int64_t row_floats, int64_t budget_bytes);

  int32_t slot(int64_t token) const { return slots_[token]; }
  float* row(int32_t slot) { return chunks_[slot / kChunkRows].get() + slot % kChunkRows * row_floats_; }
  const float* row(int32_t slot) const { return const_cast<TokenTable*>(this)->row(slot); }

  // How many rows can still be added.
  int64_t room() const { return capacity_ - used_; }
  // Memory for the next `count` <= room() rows: their slots are next(), next() + 1, ... Nothing is in the table until
  // commit().
  void reserve(int64_t count);
  int32_t next() const { return static_cast<int32_t>(used_); }
  // Enters `count` tokens whose rows have been written to the next slots.
  void commit(const int64_t* tokens, int64_t count);

  int64_t used() const { return used_; }
  int64_t bytes() const;

 private:
  static constexpr int64_t kChunkRows = 256;

  int64_t row_floats_;
  int64_t capacity_;
  int64_t used_ = 0;
  std::vector<int32_t> slots_;                    // [vocab]
  std::vector<std::unique_ptr<float[]>> chunks_;  // [kChunkRows][row_floats]
};

}  // namespace longattn
