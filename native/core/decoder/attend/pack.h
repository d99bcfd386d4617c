// Puts queries, keys and values into the layout that a kernel of flash_block.h reads. No torch here.
#pragma once

#include <cstdint>

#include "decoder/attend/flash_block.h"

namespace longattn::flash {

// Elements of a packed query or key of `dim` numbers.
inline int64_t elements_of(const Kernel& kernel, int64_t dim) {
  const int64_t whole = static_cast<int64_t>(kernel.numbers) * kernel.step;
  return (dim + whole - 1) / whole * kernel.step;
}

// Rows of a head, the next one `stride` floats on; `count` of them exist, the others are packed as zeros.
struct Rows {
  const float* first;
  int64_t stride;
  int64_t count;
  int64_t width;  // numbers of a row
};

// Each number times `factor`. out: kBlockRows rows of elements_of().
void pack_queries(const Kernel& kernel, const Rows& rows, float factor, uint32_t* out);
// One panel, kPanel keys of elements_of().
void pack_keys(const Kernel& kernel, const Rows& rows, uint32_t* panel);
// One panel, kPanel / numbers rows of `chunks` times kernel.columns elements.
void pack_values(const Kernel& kernel, const Rows& rows, int64_t chunks, uint32_t* panel);

}  // namespace longattn::flash
