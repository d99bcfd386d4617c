// Scores a batch of windows: statistics per (window, layer), with the divisions of docs/definitions.md done.
//
// On one device windows go one after the other, with the threads inside the kernel: so memory is one window's, and a
// window's bits cannot depend on its batch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "windows/replicas.h"

namespace longattn {

struct ScoreRequest {
  std::vector<int32_t> ids;      // all windows, one after the other
  std::vector<int64_t> lengths;  // tokens of each window, >= 1, adding up to ids
  std::vector<int64_t> k;        // minimum distance of each window, >= 0
  std::vector<int64_t> layers;   // ascending, distinct
  bool tokens = false;           // fill LayerStats::token_ds
  bool losses = false;           // fill LayerStats::loss and near_loss; every k is then at least 1
};

// One entry a head; bins are head-major [H x kBins].
struct LayerStats {
  int64_t window = 0;
  int64_t layer = 0;
  int64_t length = 0;
  int64_t k = 0;
  std::vector<double> ds;                             // mean over rows of the far mass, 0..1
  std::vector<double> variance;                       // over L*L entries, ddof 1; 0 for L = 1
  std::vector<double> entropy;                        // mean over rows, nats
  std::vector<double> far_peak;                       // mean over rows
  std::vector<double> mass_bins, sink_mass_bins;      // means over rows
  std::vector<double> square_bins, sink_square_bins;  // plain sums
  std::vector<float> token_ds;                        // [L] or empty
  // Of the window, the same in each of its layers: means over the tokens 1 .. L-1, nats, with all the context and with
  // the last k tokens and the sink alone. NaN for L = 1.
  std::optional<double> loss, near_loss;
};

// Results window by window, layers ascending. Throws Error with a code, also for a request that makes no sense; its
// message names the window (its index in the request) where there is one.
std::vector<LayerStats> score(const std::vector<Replica>& replicas, const ScoreRequest& request,
                              const ProviderOptions& options);
// By one model, whose statistics are those of `options`.
std::vector<LayerStats> score(LayerProvider& provider, const ScoreRequest& request, const ProviderOptions& options);

}  // namespace longattn
