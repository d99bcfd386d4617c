// Q and K of a window as what the model makes of each token, and a rotation by position: for who keeps such rows where
// he computes.
//
// A device keeps a table of its own, so that a window sends an index and the tokens that it is the first to have. A
// HeadSource whose rows are made this way is this too, and does nothing for its own table as long as nobody calls its
// prepare_group().
#pragma once

#include <cstdint>

#include "layer/rope.h"
#include "layer_zero/token_projector.h"

namespace longattn {

// What a window's tokens cost: for logs.
struct TokenCounts {
  int64_t distinct = 0;  // tokens of the window, each once; all of them where rows depend on the position
  int64_t found = 0;     // of these, in the table before
  int64_t table_rows = 0;
  int64_t table_bytes = 0;  // of these rows
};

class TokenRows {
 public:
  virtual ~TokenRows() = default;

  // Whether rows are what is said above: false where a norm follows the rotation. Before all others.
  virtual bool has_token_rows() const = 0;
  // Another number for every model that this process opens: rows of one are of no use to another.
  virtual uint64_t model() const = 0;
  virtual int64_t vocab() const = 0;
  virtual const int32_t* ids() const = 0;  // [L]
  // Whether a token's row depends on its position too (learned positions).
  virtual bool by_position() const = 0;
  // What is left to do to a row at its position.
  virtual const RopeTable& rotation() const = 0;

  // Tokens of a call of project() at most.
  virtual int64_t block_rows() const = 0;
  // tokens [count] -> out [count][Hkv][G + 1][d], each group's query heads, then its key head. A row's bits depend on
  // its token (and position) alone. Throws Error(kWeightNotFinite) and Cancelled.
  virtual void project(const TokenAt* tokens, int64_t count, float* out) const = 0;

  // Once a window, by who has looked it up.
  virtual void count(const TokenCounts& counts) = 0;
};

}  // namespace longattn
