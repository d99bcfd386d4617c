// From token ids to layer 0's Q and K before rotation: embedding, norm, Wq and Wk, biases, clip, norm of Q and K.
//
// An output row depends on its token (and, with learned positions, its position) alone, to the bit: see
// projection/tile.h.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "layer/attention_config.h"
#include "layer/embedding.h"
#include "layer/head_norm.h"
#include "projection/packed_matrix.h"

namespace longattn {

// One row to project. `position` matters only to models with learned positions.
struct TokenAt {
  int64_t token;
  int64_t position;
};

class TokenProjector {
 public:
  // Polls `cancel` (or null) while it packs. Throws Error(kModelInvalid, kFileUnreadable, kWeightNotFinite), Cancelled.
  TokenProjector(const ModelSpec& spec, const AttentionConfig& config, std::shared_ptr<const Embedding> embedding,
                 const std::atomic<bool>* cancel);

  // Floats of a row of groups [first, first + count): per group the query heads' rows, then the key head's.
  int64_t row_floats(int64_t groups) const { return groups * config_.group_rows(); }

  // Moments of the norm over the full width of Q and of K, needed when a row's groups are projected one at a time.
  struct FullMoments {
    RowNorm::Moments q, k;
  };

  // Projects rows[0 .. count) through groups [first_group, first_group + groups); out(i) is where row i goes. `moments`
  // [count] is read if needs_moments() and not all groups are asked for. Throws Error(kWeightNotFinite).
  void project(const TokenAt* rows, int64_t count, int64_t first_group, int64_t groups, const FullMoments* moments,
               int threads, const std::function<float*(int64_t)>& out) const;

  bool needs_moments() const { return config_.qk_norm_full; }
  void moments(const TokenAt* rows, int64_t count, int threads, FullMoments* out) const;

  // Norm of Q and K that comes after the rotation, over one head row; does nothing where there is none.
  void query_norm_after(int64_t head, float* row) const;
  void key_norm_after(int64_t kv_head, float* row) const;

  // Rows of one block: small enough to poll for cancellation between blocks, large enough to keep the threads busy.
  int64_t block_rows() const { return block_rows_; }

 private:
  void input_row(const TokenAt& at, float* out) const;
  // Products, biases and clip of up to block_rows() rows.
  void multiply_block(const TokenAt* rows, int64_t count, int64_t first_group, int64_t groups, int threads,
                      const std::function<float*(int64_t)>& out) const;
  void add_bias_and_clip(float* row, int64_t first_group, int64_t groups) const;
  void norm_before(float* row, int64_t first_group, int64_t groups, const FullMoments* moments) const;
  // `row` holds all groups.
  FullMoments full_moments(const float* row) const;

  AttentionConfig config_;
  std::shared_ptr<const Embedding> embedding_;
  RowNorm input_norm_;
  HeadNorm q_norm_;
  HeadNorm k_norm_;
  std::vector<float> bias_;  // [kv_heads][group_rows] or empty
  projection::PackedMatrix weights_;
  int64_t block_rows_;
};

}  // namespace longattn
