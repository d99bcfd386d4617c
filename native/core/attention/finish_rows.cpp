// The sums of a block are kept by segment while its rows go by, and put into bins once: a row costs a few hundred
// additions, which short windows would notice.
#include "attention/finish_rows.h"

#include <algorithm>
#include <cmath>

#include "attention/segments.h"

namespace longattn::attention {
namespace {

constexpr double kLn2 = 0.693147180559945309417;

// Shares of attention by segment, summed over the rows so far.
struct BySegment {
  double mass[kMaxSegments] = {}, squares[kMaxSegments] = {}, sink_mass[kMaxSegments] = {},
         sink_squares[kMaxSegments] = {};
};

// Keys 0 .. count - 1 of the sink are in the causal past of row n; those before `first` are out of its window.
struct VisibleSink {
  VisibleSink(const RowBlock& b, int64_t n)
      : first(b.window > 0 ? std::clamp<int64_t>(n - b.window + 1, 0, kSinkKeys) : 0),
        end(std::min<int64_t>(n + 1, kSinkKeys)) {}
  int64_t first, end;
};

void add_to_bins(const Segments& segments, const BySegment& sums, HeadStats& stats) {
  for (int s = 0; s < segments.count; ++s) {
    const int bin = segments.bin[s];
    stats.mass[bin] += sums.mass[s];
    stats.squares[bin] += sums.squares[s];
    stats.sink_mass[bin] += sums.sink_mass[s];
    stats.sink_squares[bin] += sums.sink_squares[s];
    if (s < segments.first_far) continue;
    stats.far_mass += sums.mass[s] + sums.sink_mass[s];
    stats.far_squares += sums.squares[s] + sums.sink_squares[s];
  }
}

}  // namespace

bool finish_rows(const RowBlock& b, double sink_logit, HeadStats& stats, float* token_far) {
  const Segments& segments = *b.segments;
  BySegment sums;
  int top = 0;  // segment of the farthest distance
  for (int64_t r = 0; r < b.rows; ++r) {
    const RowState& row = b.states[r];
    const int64_t n = b.first_row + r;
    const VisibleSink sink(b, n);
    while (segments.low[top + 1] <= n) ++top;
    double near = 0, far = 0;  // weight of the keys on either side of k
    for (int s = 0; s <= top; ++s) (s < segments.first_far ? near : far) += row.mass[s];
    for (int64_t i = sink.first; i < sink.end; ++i)
      (segment_of(segments, n - i) < segments.first_far ? near : far) += row.sink[i];
    const double keys = near + far;
    const double normaliser = sink_logit == -HUGE_VAL ? keys : keys + std::exp2(sink_logit - row.shift);
    if (!(normaliser > 0) || !std::isfinite(normaliser)) return false;

    const double inverse = 1 / normaliser, inverse_square = inverse * inverse;
    for (int s = 0; s <= top; ++s) {
      sums.mass[s] += row.mass[s] * inverse;
      sums.squares[s] += row.squares[s] * inverse_square;
    }
    for (int64_t i = sink.first; i < sink.end; ++i) {
      const int s = segment_of(segments, n - i);
      sums.sink_mass[s] += row.sink[i] * inverse;
      sums.sink_squares[s] += row.sink[i] * row.sink[i] * inverse_square;
    }
    if (b.entropy) stats.entropy += kLn2 * inverse * (keys * std::log2(normaliser) - row.weighted);
    if (b.far_peak) stats.far_peak += row.peak * inverse;
    if (token_far != nullptr) token_far[r] = static_cast<float>(far * inverse);
  }
  add_to_bins(segments, sums, stats);
  return true;
}

}  // namespace longattn::attention
