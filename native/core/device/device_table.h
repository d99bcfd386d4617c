// Rows of tokens kept on a device across windows, so that a window sends no more than an index and the tokens that it
// is the first to have. Internal: includes torch.
//
// When a window's new tokens do not fit, the table begins anew with this window's: choosing which rows to drop would
// take their ages, and with the room of a quarter of a GPU it never happens. What is in the table changes speed, never
// a bit.
#pragma once

#include <atomic>
#include <vector>

#include "attention_stats.h"
#include "device/aten.h"
#include "device/rotate.h"
#include "layer_zero/token_rows.h"

namespace longattn::device {

class DeviceTable {
 public:
  // `budget_bytes` of rows, or those of one window where they are more. For windows of one model; another one's empty
  // it.
  DeviceTable(at::Device device, int64_t budget_bytes) : device_(device), budget_bytes_(budget_bytes) {}

  // Of a window.
  struct Rows {
    at::Tensor rows;   // [R, H + Hkv, d] float32: the query heads, then the key heads
    at::Tensor index;  // [L] int32: the row of each position; undefined where row n is that of position n
  };

  // `source` has token rows. What an earlier window was given stays as it was for as long as somebody holds it. Throws
  // what source.project() throws, and c10::OutOfMemoryError.
  Rows look_up(const AttentionProblem& problem, TokenRows& source);

  // Of the window's rotation, [L, 1, half] each. Those of the last window serve the next one of the same length.
  Angles angles(const AttentionProblem& problem, const TokenRows& source);

  // How often the device had no room for the table, after which the budget is half as large for good.
  int64_t halvings() const { return halvings_; }

 private:
  // rows [tokens, H + Hkv, d] <- tokens
  void fill(const AttentionProblem& problem, const TokenRows& source, const std::vector<TokenAt>& tokens,
            const at::Tensor& rows) const;
  void begin_anew(const AttentionProblem& problem, const TokenRows& source, int64_t needed);
  at::Tensor empty_rows(const AttentionProblem& problem, int64_t count) const;

  const at::Device device_;
  std::atomic<int64_t> budget_bytes_;
  std::atomic<int64_t> halvings_{0};
  uint64_t model_ = 0;
  at::Tensor rows_;  // [capacity, H + Hkv, d]
  int64_t used_ = 0;
  std::vector<int32_t> slots_;  // [vocab]: row of each token, or kAbsent
  std::vector<uint64_t> seen_;  // [vocab]: the last window that had the token
  uint64_t window_ = 0;
  Angles angles_;
  uint64_t angles_model_ = 0;
  int64_t angles_length_ = 0;
};

}  // namespace longattn::device
