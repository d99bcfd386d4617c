// The norm of Q or of K, head by head or over the full width.
#pragma once

#include <string>

#include "checkpoint/spec_reader.h"
#include "layer/row_norm.h"

namespace longattn {

struct HeadNorm {
  RowNorm norm;
  bool weights_per_head = false;

  // One head's row, [dim], in place. Not for a norm over the full width, whose moments are all heads'.
  void apply(float* row, int64_t head, int64_t dim) const { norm(row, dim, weights_per_head ? head * dim : 0); }
};

// `role`: q_norm or k_norm. Weights [dim], [heads, dim], over the full width [heads * dim], or (stablelm) in a tensor
// for each head, the roles NAME.0, NAME.1, ... Throws Error(kModelInvalid, kFileUnreadable, kWeightNotFinite).
HeadNorm read_head_norm(const SpecReader& reader, const std::string& role, int64_t heads, int64_t dim, bool full);

}  // namespace longattn
