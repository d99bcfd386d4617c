// Layer 0's Q and K of one window: rows looked up by token, rotated for their position when a kernel asks for them.
//
// Nothing is looked up before the first prepare_group(): a device does so in a table of its own (token_rows.h). Tokens
// that the table does not hold, and has no room for, are projected one head group at a time into scratch that lives
// only with the window: at most distinct tokens x (G + 1) x d floats.
#pragma once

#include <vector>

#include "layer_zero/token_rows.h"
#include "layer_zero/token_table.h"
#include "windows/layer_provider.h"

namespace longattn {

class WindowHeads : public HeadSource, public TokenRows {
 public:
  // Of ids [length]. The arguments must outlive this object. `model`: TokenRows::model().
  WindowHeads(const AttentionConfig& config, const TokenProjector& projector, TokenTable& table, uint64_t model,
              const int32_t* ids, int64_t length, const ProviderOptions& options);

  // The first looks up all tokens, and fills the table as far as it has room.
  void prepare_group(int64_t kv_head) override;
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override;
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override;

  bool has_token_rows() const override { return !config_.qk_norm_after; }
  uint64_t model() const override { return model_; }
  int64_t vocab() const override { return config_.vocab; }
  const int32_t* ids() const override { return ids_; }
  bool by_position() const override { return config_.positions == Positions::learned; }
  const RopeTable& rotation() const override { return rope_; }
  int64_t block_rows() const override { return projector_.block_rows(); }
  void project(const TokenAt* tokens, int64_t count, float* out) const override;
  void count(const TokenCounts& counts) override { counts_ = counts; }

  // All 0 if nobody asked for a row.
  const TokenCounts& counts() const { return counts_; }

 private:
  void look_up();
  std::vector<TokenAt> absent_tokens();
  void fill_table(std::vector<TokenAt>& wanted);
  // Row of the group that is prepared, at a position of the window.
  const float* group_row(int64_t position) const;
  void head_rows(int64_t from, int64_t row, int64_t count, float* out) const;

  const AttentionConfig& config_;
  const TokenProjector& projector_;
  TokenTable& table_;
  const uint64_t model_;
  const int32_t* ids_;
  const int64_t length_;
  ProviderOptions options_;
  int threads_;
  RopeTable rope_;
  std::vector<int32_t> rows_;  // [length]: slot of the table, or ~index into missing_; empty before look_up()
  std::vector<TokenAt> missing_;
  std::vector<TokenProjector::FullMoments> moments_;  // [missing] or empty
  std::vector<float> scratch_;                        // [missing][group_rows] of the prepared group
  int64_t group_ = -1;
  TokenCounts counts_;
};

}  // namespace longattn
