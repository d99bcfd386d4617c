// What attention is in any layer of a model (sizes, scale, mask, positions), read from its spec and checked.
#pragma once

#include <vector>

#include "attention_stats.h"
#include "checkpoint/spec_reader.h"
#include "layer/rope.h"
#include "layer/row_norm.h"

namespace longattn {

enum class Positions { none, learned, alibi };

struct AttentionConfig {
  int64_t hidden = 0;
  int64_t vocab = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t dim = 0;  // of a head
  double embed_scale = 1;
  double attention_scale = 0;
  double softcap = 0;
  double clip = 0;
  int64_t sliding_window = 0;
  Positions positions = Positions::none;
  int64_t positions_offset = 0;
  std::vector<float> alibi_slopes;  // [heads] or empty
  std::vector<float> sink_logits;   // [heads] or empty
  RopeConfig rope;
  bool qk_norm_full = false;   // over the full width instead of each head
  bool qk_norm_after = false;  // after the rotation

  int64_t group() const { return heads / kv_heads; }
  // Rows of Q and K of one KV head's group: group() query heads, then the key head.
  int64_t group_rows() const { return (group() + 1) * dim; }
};

// Throws Error(kModelInvalid, kFileUnreadable, kWeightNotFinite).
AttentionConfig read_attention_config(const SpecReader& reader);

// The attention of `length` tokens whose rows are `source`'s; k is the caller's to fill in. Its arrays are `config`'s.
AttentionProblem attention_problem(const AttentionConfig& config, int64_t length, HeadSource& source);

// The norm with settings under `key` ("norm", "qk_norm") and weights [count] in the given tensors (null: none).
RowNorm read_norm(const SpecReader& reader, const std::string& key, const TensorSpec* weight, const TensorSpec* bias,
                  int64_t count);

}  // namespace longattn
