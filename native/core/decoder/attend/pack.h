// Puts queries, keys and values into the layout of flash_block.h. No torch here.
#pragma once

#include <cstdint>

#include "decoder/attend/flash_block.h"

namespace longattn::flash {

// Elements of a packed query or key of `dim` numbers.
inline int64_t elements_of(int64_t dim) {
  constexpr int64_t whole = 2 * kPairs;
  return (dim + whole - 1) / whole * kPairs;
}

// Rows of a head, the next one `stride` floats on; `count` of them exist, the others are packed as zeros.
struct Rows {
  const float* first;
  int64_t stride;
  int64_t count;
  int64_t width;  // numbers of a row
};

// Each number times `factor`. out: kBlockRows rows of elements_of().
void pack_queries(const Rows& rows, float factor, uint32_t* out);
// One panel, kPanel keys of elements_of().
void pack_keys(const Rows& rows, uint32_t* panel);
// One panel, kPanel / 2 rows of `chunks` times kColumns elements.
void pack_values(const Rows& rows, int64_t chunks, uint32_t* panel);

}  // namespace longattn::flash
