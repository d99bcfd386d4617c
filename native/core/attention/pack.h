// Puts queries, keys and values into the layout that a row kernel reads.
#pragma once

#include <cstdint>

#include "attention/row_block.h"

namespace longattn::attention {

// Elements (floats, or bf16 pairs) of one packed row of `dim` numbers; both are four bytes.
int64_t packed_dim(Input input, int64_t dim);

// rows: [count, dim]. panel: [packed_dim, columns], the transpose, zero in the columns from count on.
void pack_panel(Input input, const float* rows, int64_t count, int64_t dim, int64_t columns, uint32_t* panel);

// rows: [count, dim], each number multiplied by `scale`. out: [padded, packed_dim], zero in the rows from count on.
void pack_queries(Input input, const float* rows, int64_t count, int64_t dim, float scale, int64_t padded,
                  uint32_t* out);

// rows: `count` of `dim` numbers, `stride` apart. panel: [ceil(dim / columns)][columns rows][columns], zero where there
// is no number.
void pack_values(const float* rows, int64_t stride, int64_t count, int64_t dim, int64_t columns, float* panel);

}  // namespace longattn::attention
