// The scorer: divisions against a full matrix in float64, edges of L and k, refusals, and windows that never influence
// each other.
#include "windows/scorer.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "error_check.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero_model.h"

using namespace longattn;
using fixture::LayerZeroModel;
using fixture::LayerZeroShape;

namespace {

ScoreRequest request_of(const std::vector<std::vector<int32_t>>& windows, const std::vector<int64_t>& k) {
  ScoreRequest request;
  for (const auto& ids : windows) {
    request.ids.insert(request.ids.end(), ids.begin(), ids.end());
    request.lengths.push_back(static_cast<int64_t>(ids.size()));
  }
  request.k = k;
  request.layers = {0};
  request.tokens = true;
  return request;
}

std::vector<int32_t> window_of(int64_t length, unsigned seed) {
  std::vector<int32_t> ids;
  for (int64_t n = 0; n < length; ++n) ids.push_back(static_cast<int32_t>((n * n * 3 + n * seed + seed) % 40));
  return ids;
}

// One head's statistics from its L x L matrix.
struct Matrix {
  double ds = 0, variance = 0, entropy = 0, peak = 0;
  std::vector<double> far;  // a token
};

Matrix from_matrix(const LayerZeroModel& model, const std::vector<int32_t>& ids, int64_t head, int64_t k) {
  const auto length = static_cast<int64_t>(ids.size());
  std::vector<double> entries(static_cast<size_t>(length * length));
  std::vector<std::vector<double>> keys;
  for (int64_t i = 0; i < length; ++i) keys.push_back(model.key(head / 2, ids[i], i));
  Matrix result;
  for (int64_t n = 0; n < length; ++n) {
    const std::vector<double> query = model.query(head, ids[n], n);
    std::vector<double> weights;
    double sum = 0;
    for (int64_t i = 0; i <= n; ++i) {
      weights.push_back(
          std::exp(model.scale() * std::inner_product(keys[i].begin(), keys[i].end(), query.begin(), 0.0)));
      sum += weights.back();
    }
    double far = 0, peak = 0;
    for (int64_t i = 0; i <= n; ++i) {
      const double weight = weights[i] / sum;
      result.entropy -= weight * std::log(weight) / static_cast<double>(length);
      if (n - i < k) continue;
      entries[n * length + i] = weight;
      far += weight;
      if (i >= kSinkKeys) peak = std::fmax(peak, weight);
    }
    result.far.push_back(far);
    result.ds += far / static_cast<double>(length);
    result.peak += peak / static_cast<double>(length);
  }
  const auto count = static_cast<double>(entries.size());
  const double mean = std::accumulate(entries.begin(), entries.end(), 0.0) / count;
  for (const double entry : entries) result.variance += (entry - mean) * (entry - mean);
  result.variance /= count > 1 ? count - 1 : 1;
  return result;
}

void equals_the_full_matrix() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  for (const int64_t length : {1, 2, 3, 31, 63, 64, 65, 97, 130}) {
    for (const int64_t k :
         {int64_t{0}, int64_t{1}, length / 4, length - 3 * (length / 4), length - 1, length, length + 9}) {
      const std::vector<int32_t> ids = window_of(length, 5);
      const LayerStats stats = score(layer, request_of({ids}, {k}), {}).at(0);
      CHECK(stats.length == length && stats.k == k && stats.layer == 0 && stats.window == 0);
      std::vector<double> far(static_cast<size_t>(length));
      for (int64_t h = 0; h < 4; ++h) {
        const Matrix want = from_matrix(model, ids, h, k);
        CHECK_NEAR(stats.ds[h], want.ds, 1e-5, 1e-12);
        CHECK_NEAR(stats.variance[h], want.variance, 1e-5, 1e-14);
        CHECK_NEAR(stats.entropy[h], want.entropy, 1e-5, 1e-6);
        CHECK_NEAR(stats.far_peak[h], want.peak, 1e-5, 1e-12);
        for (int64_t n = 0; n < length; ++n) far[n] += want.far[n] / 4;
        double mass = 0, squares = 0;
        for (int j = 0; j < kBins; ++j) {
          const int64_t at = h * kBins + j;
          mass += stats.mass_bins[at] + stats.sink_mass_bins[at];
          squares += stats.square_bins[at] + stats.sink_square_bins[at];
        }
        CHECK_NEAR(mass, 1, 1e-6, 0);
        if (k == 0)
          CHECK_NEAR((squares - 1) / static_cast<double>(std::max<int64_t>(1, length * length - 1)), want.variance,
                     1e-5, 1e-14);
      }
      for (int64_t n = 0; n < length; ++n) CHECK_NEAR(stats.token_ds[n], far[n], 0, 1e-6);
    }
  }
}

void handles_the_edges() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const LayerStats one = score(layer, request_of({{7}}, {0}), {}).at(0);
  for (int h = 0; h < 4; ++h) {
    CHECK(one.variance[h] == 0);
    CHECK_NEAR(one.ds[h], 1, 1e-6, 0);
    CHECK_NEAR(one.entropy[h], 0, 0, 1e-6);  // the vector kernels' exponential is good to 1e-7
  }
  const LayerStats beyond = score(layer, request_of({window_of(50, 1)}, {50}), {}).at(0);
  for (int h = 0; h < 4; ++h) CHECK(beyond.ds[h] == 0 && beyond.variance[h] == 0 && beyond.far_peak[h] == 0);
  ScoreRequest request = request_of({window_of(50, 1)}, {12});
  request.tokens = false;
  CHECK(score(layer, request, {}).at(0).token_ds.empty());
  request.tokens = true;
  CHECK(score(layer, request, {}).at(0).token_ds.size() == 50);
  CHECK(score(layer, request_of({}, {}), {}).empty());
}

bool same_bits(const LayerStats& a, const LayerStats& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
  };
  return same(a.ds, b.ds) && same(a.variance, b.variance) && same(a.entropy, b.entropy) &&
         same(a.far_peak, b.far_peak) && same(a.mass_bins, b.mass_bins) && same(a.square_bins, b.square_bins) &&
         same(a.sink_mass_bins, b.sink_mass_bins) && same(a.sink_square_bins, b.sink_square_bins) &&
         same(a.token_ds, b.token_ds);
}

void windows_do_not_influence_each_other() {
  const LayerZeroModel model({});
  std::vector<std::vector<int32_t>> windows;
  std::vector<LayerStats> alone;
  for (unsigned w = 0; w < 5; ++w) {
    windows.push_back(window_of(60 + 37 * w, w));
    LayerZero fresh(parse_model_spec(model.spec()), 1 << 24);
    alone.push_back(score(fresh, request_of({windows[w]}, {15}), {1, nullptr}).at(0));
  }
  for (const int64_t memory : {0, 1 << 18, 1 << 24}) {
    for (const int threads : {1, 2, 5}) {
      LayerZero layer(parse_model_spec(model.spec()), memory);
      for (const std::vector<size_t>& order : {std::vector<size_t>{4, 2, 0, 1, 3}, std::vector<size_t>{0, 0, 3}}) {
        std::vector<std::vector<int32_t>> batch;
        for (const size_t w : order) batch.push_back(windows[w]);
        const auto results =
            score(layer, request_of(batch, std::vector<int64_t>(order.size(), 15)), {threads, nullptr});
        for (size_t i = 0; i < order.size(); ++i) {
          CHECK(results[i].window == static_cast<int64_t>(i));
          CHECK(same_bits(results[i], alone[order[i]]));
        }
      }
    }
  }
}

void refuses() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const auto run = [&](const ScoreRequest& request) { return score(layer, request, {}); };
  const ScoreRequest good = request_of({{1, 2, 3}, {4, 5}}, {1, 0});
  const auto with = [&](auto change) {
    ScoreRequest request = good;
    change(request);
    return request;
  };
  using R = ScoreRequest&;
  CHECK_ERROR(run(with([](R r) { r.lengths = {3, 3}; })), kInvalidRequest, "add up to 6, but there are 5");
  CHECK_ERROR(run(with([](R r) { r.lengths = {5, 0}; })), kInvalidRequest, "window 1 must not have 0 tokens");
  CHECK_ERROR(run(with([](R r) { r.lengths = {6, -1}; })), kInvalidRequest, "window 1 must not have -1 tokens");
  CHECK_ERROR(run(with([](R r) { r.k = {1}; })), kInvalidRequest, "k must have one entry a window");
  CHECK_ERROR(run(with([](R r) { r.k = {1, -1}; })), kInvalidRequest, "k of window 1 must not be -1");
  CHECK_ERROR(run(with([](R r) { r.layers = {}; })), kInvalidRequest, "layers must not be empty");
  CHECK_ERROR(run(with([](R r) { r.layers = {0, 0}; })), kInvalidRequest, "ascending");
  CHECK_ERROR(run(with([](R r) { r.layers = {1}; })), kLayerUnavailable, "layer must not be 1");
  CHECK_ERROR(run(with([](R r) { r.layers = {-1}; })), kLayerUnavailable, "layer must not be -1");
  CHECK_ERROR(run(with([](R r) { r.ids[4] = 40; })), kTokenOutOfRange, "token id 40 at position 1 of window 1");
  CHECK_ERROR(run(with([](R r) { r.ids[0] = -1; })), kTokenOutOfRange, "token id -1 at position 0 of window 0");
  CHECK(run(good).size() == 2);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(score(layer, good, {1, &cancel}), Cancelled);
}

void names_the_window_and_head_that_overflow() {
  const LayerZeroModel model(LayerZeroShape{.weight_scale = 1e38});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  CHECK_ERROR(score(layer, request_of({window_of(40, 1)}, {10}), {}), kAttentionNotFinite, "window 0, layer 0, head ");
}

// Two heads of one dimension; the window that begins with token 1 has a NaN in its second query head.
class OneBadWindow : public LayerProvider, private HeadSource {
 public:
  int64_t layers() const override { return 1; }
  int64_t vocab() const override { return 2; }
  void visit(const int32_t* ids, int64_t length, const std::vector<int64_t>&, const ProviderOptions&,
             const Visitor& visitor) override {
    bad_ = ids[0] == 1;
    AttentionProblem problem;
    problem.length = length;
    problem.heads = problem.kv_heads = 2;
    problem.dim = 1;
    problem.scale = 1;
    problem.source = problem.mutable_source = this;
    visitor(0, problem);
  }

 private:
  void queries(int64_t head, int64_t, int64_t count, float* out) const override {
    std::fill_n(out, count, bad_ && head == 1 ? std::nanf("") : 1.0f);
  }
  void keys(int64_t, int64_t, int64_t count, float* out) const override { std::fill_n(out, count, 1.0f); }
  bool bad_ = false;
};

void names_the_one_window_of_a_batch() {
  OneBadWindow provider;
  CHECK_ERROR(score(provider, request_of({{0, 0}, {0, 1, 0}, {1, 0}, {0, 0}}, {1, 1, 1, 1}), {}), kAttentionNotFinite,
              "window 2, layer 0, head 1 ");
  CHECK(score(provider, request_of({{0, 0}, {0, 1, 0}}, {1, 1}), {}).size() == 2);
}

}  // namespace

int main() {
  equals_the_full_matrix();
  handles_the_edges();
  windows_do_not_influence_each_other();
  refuses();
  names_the_window_and_head_that_overflow();
  names_the_one_window_of_a_batch();
  return check::exit_code();
}
