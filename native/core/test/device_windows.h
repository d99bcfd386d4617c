// Models and windows of the tests of token rows on a device.
#pragma once

#include <vector>

#include "device/stats/device_stats.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero_model.h"
#include "test_device.h"
#include "windows/scorer.h"

namespace fixture {

using namespace longattn;
using S = LayerZeroShape;

constexpr int64_t kLength = 90;
inline const S kShapes[] = {S{},
                            S{.interleaved = true},
                            S{.rope_dim = 0},
                            S{.kv_heads = 1, .dim = 16, .rope_dim = 8},
                            S{.kv_heads = 4},
                            S{.clip = 0.5, .qk_norm = "rms", .qk_full = true},
                            S{.rope_dim = 0, .learned_positions = kLength},
                            S{.qk_norm = "rms", .qk_after = true}};

// Of `span` tokens from `from` on, mixed.
inline ScoreRequest window(int64_t from, int64_t span) {
  ScoreRequest request;
  for (int64_t n = 0; n < kLength; ++n) request.ids.push_back(static_cast<int32_t>(from + (n * n + 3 * n) % span));
  request.lengths = {kLength};
  request.k = {kLength / 4};
  request.layers = {0};
  return request;
}

inline const ScoreRequest kWindows[] = {window(0, 17), window(5, 23), window(20, 20), window(0, 40), window(3, 5)};

inline std::vector<LayerStats> scored(LayerProvider& layer, DeviceStats& stats, const ScoreRequest& request) {
  return score({{&layer, [&](const auto& p, const auto& o) { return stats(p, o); }}}, request, {});
}

inline bool equal(const std::vector<LayerStats>& a, const std::vector<LayerStats>& b) {
  return a.size() == 1 && b.size() == 1 && a[0].ds == b[0].ds && a[0].variance == b[0].variance &&
         a[0].entropy == b[0].entropy && a[0].far_peak == b[0].far_peak && a[0].mass_bins == b[0].mass_bins &&
         a[0].sink_square_bins == b[0].sink_square_bins;
}

}  // namespace fixture
