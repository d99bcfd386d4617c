#include "attention/pack.h"

#include <algorithm>

#include "bf16.h"

namespace longattn::attention {
namespace {

// Packed element e of a row, which holds e whole: one text for both kinds, each with its own loops. A loop that asked
// for the kind at each number would cost what packing costs.
struct Single {
  static constexpr int64_t kNumbers = 1;
  static uint32_t of(const float* row, int64_t e, float scale) { return bits_of(row[e] * scale); }
};
struct Pair {  // numbers 2e (low half) and 2e + 1
  static constexpr int64_t kNumbers = 2;
  static uint32_t of(const float* row, int64_t e, float scale) {
    return bf16_of(row[2 * e] * scale) | bf16_of(row[2 * e + 1] * scale) << 16;
  }
};

// Elements of one row, `step` apart.
template <class Element>
void pack_row(const float* row, int64_t dim, float scale, int64_t step, uint32_t* out) {
  const int64_t whole = dim / Element::kNumbers;
  for (int64_t e = 0; e < whole; ++e) out[e * step] = Element::of(row, e, scale);
  if (whole * Element::kNumbers < dim) out[whole * step] = bf16_of(row[dim - 1] * scale);
}

void pack_row(Input input, const float* row, int64_t dim, float scale, int64_t step, uint32_t* out) {
  input == Input::f32 ? pack_row<Single>(row, dim, scale, step, out) : pack_row<Pair>(row, dim, scale, step, out);
}

}  // namespace

int64_t packed_dim(Input input, int64_t dim) {
  return input == Input::f32 ? dim : (dim + 1) / 2;
}

void pack_panel(Input input, const float* rows, int64_t count, int64_t dim, int64_t columns, uint32_t* panel) {
  const int64_t elements = packed_dim(input, dim);
  if (count < columns) std::fill_n(panel, elements * columns, 0);
  for (int64_t c = 0; c < count; ++c) pack_row(input, rows + c * dim, dim, 1, columns, panel + c);
}

void pack_queries(Input input, const float* rows, int64_t count, int64_t dim, float scale, int64_t padded,
                  uint32_t* out) {
  const int64_t elements = packed_dim(input, dim);
  for (int64_t r = 0; r < count; ++r) pack_row(input, rows + r * dim, dim, scale, 1, out + r * elements);
  std::fill_n(out + count * elements, (padded - count) * elements, 0);
}

void pack_values(const float* rows, int64_t stride, int64_t count, int64_t dim, int64_t columns, float* panel) {
  for (int64_t from = 0; from < dim; from += columns, panel += columns * columns) {
    const int64_t width = std::min(columns, dim - from);
    if (width < columns || count < columns) std::fill_n(panel, columns * columns, 0.0f);
    for (int64_t c = 0; c < count; ++c) std::copy_n(rows + c * stride + from, width, panel + c * columns);
  }
}

}  // namespace longattn::attention
