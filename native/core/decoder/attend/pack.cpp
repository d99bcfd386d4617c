// One text for both kinds of element: a loop that asked for the kind at each number would cost what packing costs.
#include "decoder/attend/pack.h"

#include <algorithm>

#include "bf16.h"

namespace longattn::flash {
namespace {

struct Single {
  static constexpr int64_t kNumbers = 1;
  // Element e of a row that has all its numbers. No branch: the compiler makes vectors of it.
  static uint32_t whole(const float* row, int64_t e, float factor) { return bits_of(row[e] * factor); }
  // Element e of a row of `width` numbers.
  static uint32_t along(const float* row, int64_t e, int64_t, float factor) { return bits_of(row[e] * factor); }
  // Element i of neighbouring rows.
  static uint32_t across(const float* row, const float*, int64_t i) { return bits_of(row[i]); }
};

struct Pair {
  static constexpr int64_t kNumbers = 2;
  static uint32_t whole(const float* row, int64_t e, float factor) {
    return bf16_of(row[2 * e] * factor) | bf16_of(row[2 * e + 1] * factor) << 16;
  }
  static uint32_t along(const float* row, int64_t e, int64_t width, float factor) {
    if (2 * e >= width) return 0;
    const uint32_t low = bf16_of(row[2 * e] * factor);
    return 2 * e + 1 < width ? low | bf16_of(row[2 * e + 1] * factor) << 16 : low;
  }
  static uint32_t across(const float* row, const float* next, int64_t i) {
    return next == nullptr ? bf16_of(row[i]) : bf16_of(row[i]) | bf16_of(next[i]) << 16;
  }
};

template <class Element>
void queries_of(const Rows& rows, int64_t elements, float factor, uint32_t* out) {
  const int64_t whole = rows.width / Element::kNumbers;  // elements that lack nothing
  for (int64_t r = 0; r < kBlockRows; ++r, out += elements) {
    const float* row = rows.first + r * rows.stride;
    const int64_t there = r < rows.count ? whole : 0;
    for (int64_t e = 0; e < there; ++e) out[e] = Element::whole(row, e, factor);
    for (int64_t e = there; e < elements; ++e) {
      out[e] = r < rows.count ? Element::along(row, e, rows.width, factor) : 0;
    }
  }
}

template <class Element>
void keys_of(const Rows& rows, int64_t elements, int64_t columns, uint32_t* panel) {
  for (int64_t c = 0; c < kPanel; ++c) {
    const float* row = rows.first + c * rows.stride;
    uint32_t* to = panel + c / columns * columns * elements + c % columns;
    for (int64_t e = 0; e < elements; ++e) {
      to[e * columns] = c < rows.count ? Element::along(row, e, rows.width, 1) : 0;
    }
  }
}

template <class Element>
void values_of(const Rows& rows, int64_t columns, int64_t chunks, uint32_t* panel) {
  constexpr int64_t kPanelRows = kPanel / Element::kNumbers;
  for (int64_t row = 0; row < kPanelRows; ++row) {
    const int64_t c = row * Element::kNumbers;
    const float* value = rows.first + c * rows.stride;
    const float* next = c + 1 < rows.count ? value + rows.stride : nullptr;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      uint32_t* to = panel + (chunk * kPanelRows + row) * columns;
      const int64_t from = chunk * columns, there = c < rows.count ? std::min(columns, rows.width - from) : 0;
      for (int64_t i = 0; i < there; ++i) to[i] = Element::across(value, next, from + i);
      std::fill_n(to + there, columns - there, 0);
    }
  }
}

}  // namespace

void pack_queries(const Kernel& kernel, const Rows& rows, float factor, uint32_t* out) {
  const int64_t elements = elements_of(kernel, rows.width);
  kernel.numbers == 1 ? queries_of<Single>(rows, elements, factor, out) : queries_of<Pair>(rows, elements, factor, out);
}

void pack_keys(const Kernel& kernel, const Rows& rows, uint32_t* panel) {
  const int64_t elements = elements_of(kernel, rows.width);
  kernel.numbers == 1 ? keys_of<Single>(rows, elements, kernel.columns, panel)
                      : keys_of<Pair>(rows, elements, kernel.columns, panel);
}

void pack_values(const Kernel& kernel, const Rows& rows, int64_t chunks, uint32_t* panel) {
  kernel.numbers == 1 ? values_of<Single>(rows, kernel.columns, chunks, panel)
                      : values_of<Pair>(rows, kernel.columns, chunks, panel);
}

}  // namespace longattn::flash
