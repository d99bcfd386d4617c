// Layer 0's Q and K of one window: rows looked up by token, rotated for their position when a kernel asks for them.
//
// Tokens that the table does not hold, and has no room for, are projected one head group at a time into scratch that
// lives only with the window: at most distinct tokens x (G + 1) x d floats.
#pragma once

#include <vector>

#include "distinct_rows.h"
#include "layer_provider.h"
#include "token_projector.h"
#include "token_table.h"

namespace longattn {

class WindowHeads : public HeadSource, public DistinctRows {
 public:
  // Looks up ids [length], fills the table as far as it has room. The arguments must outlive this object.
  WindowHeads(const LayerZeroConfig& config, const TokenProjector& projector, TokenTable& table, const int32_t* ids,
              int64_t length, const ProviderOptions& options);

  void prepare_group(int64_t kv_head) override;
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override;
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override;

  int64_t distinct_count() override;
  const std::vector<int32_t>& distinct_index() const override { return distinct_index_; }
  const float* distinct_row(int64_t row) const override;
  const RopeTable& rotation() const override { return rope_; }

  int64_t distinct() const { return distinct_; }
  int64_t found() const { return found_; }

 private:
  std::vector<TokenAt> absent_tokens(const int32_t* ids, int64_t length, const TokenTable& table);
  void fill_table(TokenTable& table, std::vector<TokenAt>& wanted);
  void poll_cancel() const;
  // Row of the group that is prepared, at a position of the window.
  const float* group_row(int64_t position) const;
  const float* row_of(int32_t row) const;
  void head_rows(int64_t from, int64_t row, int64_t count, float* out) const;

  const LayerZeroConfig& config_;
  const TokenProjector& projector_;
  const TokenTable& table_;
  ProviderOptions options_;
  int threads_;
  RopeTable rope_;
  std::vector<int32_t> rows_;  // [length]: slot of the table, or ~index into missing_
  std::vector<TokenAt> missing_;
  std::vector<TokenProjector::FullMoments> moments_;  // [missing] or empty
  std::vector<float> scratch_;                        // [missing][group_rows] of the prepared group
  std::vector<int32_t> distinct_rows_;                // values of rows_, each once; empty until asked for
  std::vector<int32_t> distinct_index_;               // [length]
  int64_t group_ = -1;
  int64_t distinct_ = 0;
  int64_t found_ = 0;
};

}  // namespace longattn
