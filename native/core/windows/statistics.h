// The statistics of a scored layer, once: their names outside the core, their shapes, and where LayerStats keeps them.
//
// The addon writes its result objects from this table, and scripts/check-binding.mjs holds it to the one of TypeScript:
// a statistic is a field of LayerStats, a line here, and a line there.
#pragma once

#include "windows/scorer.h"

namespace longattn {

// What there is one of for each entry: [heads], [heads x kBins] head-major, or [length].
enum class StatisticShape { head, bin, token };

struct Statistic {
  const char* name;
  StatisticShape shape;
  std::vector<double> LayerStats::* doubles;  // or null ...
  std::vector<float> LayerStats::* floats;    // ... where the numbers are float32; empty unless asked for
};

inline constexpr Statistic kStatistics[] = {
    {"ds", StatisticShape::head, &LayerStats::ds, nullptr},
    {"variance", StatisticShape::head, &LayerStats::variance, nullptr},
    {"entropy", StatisticShape::head, &LayerStats::entropy, nullptr},
    {"farPeak", StatisticShape::head, &LayerStats::far_peak, nullptr},
    {"massBins", StatisticShape::bin, &LayerStats::mass_bins, nullptr},
    {"squareBins", StatisticShape::bin, &LayerStats::square_bins, nullptr},
    {"sinkMassBins", StatisticShape::bin, &LayerStats::sink_mass_bins, nullptr},
    {"sinkSquareBins", StatisticShape::bin, &LayerStats::sink_square_bins, nullptr},
    {"tokenDs", StatisticShape::token, nullptr, &LayerStats::token_ds},
};

}  // namespace longattn
