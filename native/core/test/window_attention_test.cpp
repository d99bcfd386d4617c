// Rows and map of a window through a layer provider: against the model's own float64 code, refusals, and what
// overflows.
#include "windows/window_attention.h"

#include <numeric>

#include "error_check.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero_model.h"

using namespace longattn;
using fixture::LayerZeroModel;
using fixture::LayerZeroShape;

namespace {

WindowAttentionRequest request_of(int64_t length) {
  WindowAttentionRequest request;
  for (int64_t n = 0; n < length; ++n) request.ids.push_back(static_cast<int32_t>((n * n * 3 + n + 5) % 40));
  request.layers = {0};
  request.heads = {0, 1, 3};
  request.rows = {length - 1, 0};
  request.blocks = 1;
  return request;
}

void equals_the_model() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const WindowAttentionRequest request = request_of(70);
  const auto results = window_attention(layer, request, {2, nullptr});
  CHECK(results.size() == 3);
  for (const HeadAttention& result : results) {
    CHECK(result.layer == 0 && result.rows.size() == 2 && result.map.size() == 1);
    CHECK(result.rows[0].size() == 70 && result.rows[1] == std::vector<float>{1});
    CHECK_NEAR(result.map[0], 1.0 / 70, 1e-6, 0);
    const std::vector<double> query = model.query(result.head, request.ids[69], 69);
    std::vector<double> weights;
    for (int64_t i = 0; i < 70; ++i) {
      const std::vector<double> key = model.key(result.head / 2, request.ids[i], i);
      weights.push_back(std::exp(model.scale() * std::inner_product(key.begin(), key.end(), query.begin(), 0.0)));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (int64_t i = 0; i < 70; ++i) CHECK_NEAR(result.rows[0][i], weights[i] / sum, 1e-5, 0);
  }
  CHECK(results[0].head == 0 && results[1].head == 1 && results[2].head == 3);
}

void refuses() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const auto run = [&](auto change) {
    WindowAttentionRequest request = request_of(20);
    change(request);
    return window_attention(layer, request, {});
  };
  using R = WindowAttentionRequest&;
  CHECK_ERROR(run([](R r) { r.ids = {}; }), kInvalidRequest, "window 0 must not have 0 tokens");
  CHECK_ERROR(run([](R r) { r.ids[3] = 40; }), kTokenOutOfRange, "token id 40 at position 3");
  CHECK_ERROR(run([](R r) { r.layers = {1}; }), kLayerUnavailable, "layer must not be 1");
  CHECK_ERROR(run([](R r) { r.heads = {}; }), kInvalidRequest, "heads must not be empty");
  CHECK_ERROR(run([](R r) { r.heads = {4}; }), kInvalidRequest, "head must not be 4");
  CHECK_ERROR(run([](R r) { r.heads = {1, 1}; }), kInvalidRequest, "ascending");
  CHECK_ERROR(run([](R r) { r.rows = {20}; }), kInvalidRequest, "row must not be 20");
  CHECK_ERROR(run([](R r) { r.blocks = 21; }), kInvalidRequest, "blocks must not be 21");
  CHECK_ERROR(run([](R r) { r.blocks = -1; }), kInvalidRequest, "blocks must not be -1");
  CHECK(run([](R r) { r.blocks = 20; }).size() == 3);
  CHECK(run([](R r) { r.blocks = 0; })[0].map.empty());
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(window_attention(layer, request_of(20), {1, &cancel}), Cancelled);
}

void names_the_head_that_overflows() {
  const LayerZeroModel model(LayerZeroShape{.weight_scale = 1e38});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  for (const int64_t blocks : {0, 8}) {
    WindowAttentionRequest request = request_of(40);
    request.blocks = blocks;
    if (blocks > 0) request.rows = {};
    CHECK_ERROR(window_attention(layer, request, {}), kAttentionNotFinite, "window 0, layer 0, head ");
  }
}

}  // namespace

int main() {
  equals_the_model();
  refuses();
  names_the_head_that_overflows();
  return check::exit_code();
}
