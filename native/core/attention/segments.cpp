#include "attention/segments.h"

#include <algorithm>

#include "attention_stats.h"

namespace longattn::attention {

static_assert(kMaxSegments == kBins + 1 && kSinks == kSinkKeys, "row_block.h repeats the contract's constants");

Segments make_segments(int64_t length, int64_t k) {
  Segments s = {};
  const auto add = [&s](int64_t low, int bin) {
    s.low[s.count] = low;
    s.bin[s.count++] = bin;
  };
  for (int bin = 0; bin < kBins; ++bin) {
    const int64_t low = bin_edge(length, bin), high = bin_edge(length, bin + 1);
    if (low == high) continue;
    add(low, bin);
    if (low < k && k < high) add(k, bin);
  }
  s.low[s.count] = length;
  while (s.first_far < s.count && s.low[s.first_far] < k) ++s.first_far;
  return s;
}

int segment_of(const Segments& s, int64_t distance) {
  return static_cast<int>(std::upper_bound(s.low, s.low + s.count, distance) - s.low) - 1;
}

}  // namespace longattn::attention
