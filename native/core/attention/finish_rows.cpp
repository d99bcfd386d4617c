#include "finish_rows.h"

#include <algorithm>
#include <cmath>

#include "segments.h"

namespace longattn::attention {
namespace {

constexpr double kLn2 = 0.693147180559945309417;

bool sink_visible(const RowBlock& b, int64_t n, int64_t i) {
  return i <= n && (b.window == 0 || n - i < b.window);
}

}  // namespace

bool finish_rows(const RowBlock& b, double sink_logit, HeadStats& stats, float* token_far) {
  const Segments& segments = *b.segments;
  for (int64_t r = 0; r < b.rows; ++r) {
    const RowState& s = b.states[r];
    const int64_t n = b.first_row + r;
    double keys = 0;  // weight of all keys
    for (int i = 0; i < segments.count; ++i) keys += s.mass[i];
    for (int64_t i = 0; i < kSinkKeys; ++i)
      if (sink_visible(b, n, i)) keys += s.sink[i];
    const double normaliser = keys + std::exp2(sink_logit - s.shift);
    if (!(normaliser > 0) || !std::isfinite(normaliser)) return false;

    const double inverse = 1 / normaliser;
    double far = 0;
    const auto add = [&](double mass, double squares, int segment, double* mass_bins, double* square_bins) {
      mass *= inverse;
      squares *= inverse * inverse;
      mass_bins[segments.bin[segment]] += mass;
      square_bins[segments.bin[segment]] += squares;
      if (segment < segments.first_far) return;
      far += mass;
      stats.far_squares += squares;
    };
    for (int i = 0; i < segments.count && segments.low[i] <= n; ++i)
      add(s.mass[i], s.squares[i], i, stats.mass, stats.squares);
    for (int64_t i = 0; i < kSinkKeys; ++i)
      if (sink_visible(b, n, i))
        add(s.sink[i], s.sink[i] * s.sink[i], segment_of(segments, n - i), stats.sink_mass, stats.sink_squares);
    stats.far_mass += far;
    if (b.entropy) stats.entropy += kLn2 * inverse * (keys * std::log2(normaliser) - s.weighted);
    if (b.far_peak) stats.far_peak += s.peak * inverse;
    if (token_far != nullptr) token_far[r] = static_cast<float>(far);
  }
  return true;
}

}  // namespace longattn::attention
