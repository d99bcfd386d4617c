// Rounds to bf16 and pairs.
#include "decoder/attend/pack.h"

#include <algorithm>

#include "bf16.h"

namespace longattn::flash {
namespace {

// Element e of a row that has both its numbers. No branch: the compiler makes vectors of it.
uint32_t whole_pair(const float* row, int64_t e, float factor) {
  return bf16_of(row[2 * e] * factor) | bf16_of(row[2 * e + 1] * factor) << 16;
}

// Element e of a row of `width` numbers.
uint32_t pair(const float* row, int64_t e, int64_t width, float factor) {
  if (2 * e >= width) return 0;
  return 2 * e + 1 < width ? whole_pair(row, e, factor) : bf16_of(row[2 * e] * factor);
}

}  // namespace

void pack_queries(const Rows& rows, float factor, uint32_t* out) {
  const int64_t elements = elements_of(rows.width), whole = rows.width / 2;  // elements that lack nothing
  for (int64_t r = 0; r < kBlockRows; ++r, out += elements) {
    const float* row = rows.first + r * rows.stride;
    const int64_t there = r < rows.count ? whole : 0;
    for (int64_t e = 0; e < there; ++e) out[e] = whole_pair(row, e, factor);
    for (int64_t e = there; e < elements; ++e) out[e] = r < rows.count ? pair(row, e, rows.width, factor) : 0;
  }
}

void pack_keys(const Rows& rows, uint32_t* panel) {
  const int64_t elements = elements_of(rows.width);
  for (int64_t c = 0; c < kPanel; ++c) {
    const float* row = rows.first + c * rows.stride;
    uint32_t* to = panel + c / kColumns * kColumns * elements + c % kColumns;
    for (int64_t e = 0; e < elements; ++e) to[e * kColumns] = c < rows.count ? pair(row, e, rows.width, 1) : 0;
  }
}

void pack_values(const Rows& rows, int64_t chunks, uint32_t* panel) {
  constexpr int64_t kPanelRows = kPanel / 2;
  for (int64_t row = 0; row < kPanelRows; ++row) {
    const int64_t c = 2 * row;
    const float* value = rows.first + c * rows.stride;
    const float* next = c + 1 < rows.count ? value + rows.stride : nullptr;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      uint32_t* to = panel + (chunk * kPanelRows + row) * kColumns;
      const int64_t from = chunk * kColumns;
      const int64_t there = c < rows.count ? std::clamp<int64_t>(rows.width - from, 0, kColumns) : 0;
      for (int64_t i = 0; i < there; ++i) {
        const uint32_t low = bf16_of(value[from + i]);
        to[i] = next == nullptr ? low : low | bf16_of(next[from + i]) << 16;
      }
      std::fill_n(to + there, kColumns - there, 0);
    }
  }
}

}  // namespace longattn::flash
