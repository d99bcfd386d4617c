#include "attention/pack.h"

#include <cstring>

#include "bf16.h"

namespace longattn::attention {
namespace {

// Packed element e of a row: one float, or numbers 2e (low half) and 2e + 1.
uint32_t element(Input input, const float* row, int64_t dim, int64_t e, float scale) {
  if (input == Input::f32) return bits_of(row[e] * scale);
  const uint32_t low = bf16_of(row[2 * e] * scale);
  const uint32_t high = 2 * e + 1 < dim ? bf16_of(row[2 * e + 1] * scale) : 0;
  return low | high << 16;
}

}  // namespace

int64_t packed_dim(Input input, int64_t dim) {
  return input == Input::f32 ? dim : (dim + 1) / 2;
}

void pack_panel(Input input, const float* rows, int64_t count, int64_t dim, int64_t columns, uint32_t* panel) {
  const int64_t elements = packed_dim(input, dim);
  for (int64_t e = 0; e < elements; ++e)
    for (int64_t c = 0; c < columns; ++c)
      panel[e * columns + c] = c < count ? element(input, rows + c * dim, dim, e, 1.0f) : 0;
}

void pack_queries(Input input, const float* rows, int64_t count, int64_t dim, float scale, int64_t padded,
                  uint32_t* out) {
  const int64_t elements = packed_dim(input, dim);
  for (int64_t r = 0; r < count; ++r)
    for (int64_t e = 0; e < elements; ++e) out[r * elements + e] = element(input, rows + r * dim, dim, e, scale);
  std::memset(out + count * elements, 0, static_cast<size_t>((padded - count) * elements) * sizeof(uint32_t));
}

}  // namespace longattn::attention
