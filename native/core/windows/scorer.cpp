// Checks the request, runs the kernel on every (window, layer), divides.
#include "windows/scorer.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "windows/window_checks.h"

namespace longattn {
namespace {

// (squares - S^2 / N) / (N - 1) over the N = L*L entries of the matrix, zeros outside the far triangle included.
double variance(double sum, double squares, double length) {
  const double entries = length * length;
  return entries > 1 ? std::max(0.0, (squares - sum * (sum / entries)) / (entries - 1)) : 0;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
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

// A window's layers. One layer's statistics may be on their way while the next layer is run.
class WindowScore {
 public:
  WindowScore(const ScoreRequest& request, int64_t window) : request_(request), window_(window) {}

  void start(LayerProvider& provider, const int32_t* ids, const ProviderOptions& options) {
    const int64_t length = request_.lengths[window_];
    check_tokens(ids, length, provider.vocab(), window_);
    AttentionOptions attention;
    attention.threads = options.threads;
    attention.token_far = request_.tokens;
    attention.cancel = options.cancel;
    const auto visitor = [&](int64_t layer, AttentionProblem& problem) {
      problem.k = request_.k[window_];
      PendingStats next;
      of_layer(layer, [&] {
        if (options.statistics) {
          next = options.statistics(problem, attention);
        } else {
          next = [stats = attention_stats(problem, attention)] { return stats; };
        }
      });
      wait();
      pending_ = std::move(next);
      layer_ = layer;
    };
    if (!request_.losses) return provider.visit(ids, length, request_.layers, options, visitor);
    losses_ = provider.visit_and_losses(ids, length, request_.layers, request_.k[window_], options, visitor);
  }

  std::vector<LayerStats> end() {
    wait();
    if (request_.losses) {
      for (LayerStats& result : results_) result.loss = mean(losses_.all), result.near_loss = mean(losses_.near);
    }
    return std::move(results_);
  }

 private:
  template <typename Work>
  void of_layer(int64_t layer, const Work& work) const {
    try {
      work();
    } catch (const NotFinite& error) {
      refuse_not_finite(window_, layer, error.head);
    }
  }

  void wait() {
    if (!pending_) return;
    of_layer(layer_, [this] { results_.push_back(finish(pending_(), request_.lengths[window_])); });
    pending_ = nullptr;
    results_.back().window = window_;
    results_.back().layer = layer_;
    results_.back().k = request_.k[window_];
  }

  const ScoreRequest& request_;
  const int64_t window_;
  PendingStats pending_;
  int64_t layer_ = -1;  // of pending_
  WindowLosses losses_;
  std::vector<LayerStats> results_;
};

}  // namespace

std::vector<LayerStats> score(const std::vector<Replica>& replicas, const ScoreRequest& request,
                              const ProviderOptions& options) {
  check_layers(request.layers, replicas.front().provider->layers());
  check_windows(request.lengths, request.ids.size(), "k", request.k);
  if (request.losses && std::count(request.k.begin(), request.k.end(), 0) > 0) {
    throw Error(kInvalidRequest, "k must be at least 1 with losses: the near context is the last k tokens.");
  }
  const std::vector<const int32_t*> ids = window_starts(request.ids, request.lengths);
  std::vector<std::vector<LayerStats>> windows(ids.size());
  pipeline_windows(replicas, static_cast<int64_t>(ids.size()), options,
                   [&](int64_t window, LayerProvider& provider, const ProviderOptions& own) -> WindowEnd {
                     const auto work = std::make_shared<WindowScore>(request, window);
                     work->start(provider, ids[window], own);
                     return [&windows, window, work] { windows[window] = work->end(); };
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
