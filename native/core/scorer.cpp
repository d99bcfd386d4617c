// Checks the request, runs the kernel on every (window, layer), divides.
#include "scorer.h"

#include <algorithm>
#include <iterator>

#include "window_checks.h"

namespace longattn {
namespace {

// (squares - S^2 / N) / (N - 1) over the N = L*L entries of the matrix, zeros outside the far triangle included.
double variance(double sum, double squares, double length) {
  const double entries = length * length;
  return entries > 1 ? std::max(0.0, (squares - sum * (sum / entries)) / (entries - 1)) : 0;
}

LayerStats finish(const AttentionStats& stats, int64_t length) {
  LayerStats result;
  result.length = length;
  const auto rows = static_cast<double>(length);
  for (const HeadStats& head : stats.heads) {
    result.ds.push_back(head.far_mass / rows);
    result.variance.push_back(variance(head.far_mass, head.far_squares, rows));
    result.entropy.push_back(head.entropy / rows);
    result.far_peak.push_back(head.far_peak / rows);
    for (int j = 0; j < kBins; ++j) {
      result.mass_bins.push_back(head.mass[j] / rows);
      result.sink_mass_bins.push_back(head.sink_mass[j] / rows);
      result.square_bins.push_back(head.squares[j]);
      result.sink_square_bins.push_back(head.sink_squares[j]);
    }
  }
  result.token_ds = stats.token_far;
  return result;
}

std::vector<LayerStats> score_window(LayerProvider& provider, const ScoreRequest& request, int64_t window,
                                     const int32_t* ids, const ProviderOptions& options) {
  const int64_t length = request.lengths[window], k = request.k[window];
  check_tokens(ids, length, provider.vocab(), window);
  AttentionOptions attention;
  attention.threads = options.threads;
  attention.token_far = request.tokens;
  attention.cancel = options.cancel;
  std::vector<LayerStats> results;
  provider.visit(ids, length, request.layers, options, [&](int64_t layer, AttentionProblem& problem) {
    problem.k = k;
    try {
      const AttentionStats stats =
          options.statistics ? options.statistics(problem, attention) : attention_stats(problem, attention);
      results.push_back(finish(stats, length));
    } catch (const NotFinite& error) {
      refuse_not_finite(window, layer, error.head);
    }
    results.back().window = window;
    results.back().layer = layer;
    results.back().k = k;
  });
  return results;
}

}  // namespace

std::vector<LayerStats> score(const std::vector<Replica>& replicas, const ScoreRequest& request,
                              const ProviderOptions& options) {
  check_layers(request.layers, replicas.front().provider->layers());
  check_windows(request.lengths, request.ids.size(), "k", request.k);
  const std::vector<const int32_t*> ids = window_starts(request.ids, request.lengths);
  std::vector<std::vector<LayerStats>> windows(ids.size());
  for_each_window(replicas, static_cast<int64_t>(ids.size()), options,
                  [&](int64_t window, LayerProvider& provider, const ProviderOptions& own) {
                    windows[window] = score_window(provider, request, window, ids[window], own);
                  });
  std::vector<LayerStats> results;
  for (std::vector<LayerStats>& window : windows)
    results.insert(results.end(), std::make_move_iterator(window.begin()), std::make_move_iterator(window.end()));
  return results;
}

std::vector<LayerStats> score(LayerProvider& provider, const ScoreRequest& request, const ProviderOptions& options) {
  return score({{&provider, options.statistics}}, request, options);
}

}  // namespace longattn
