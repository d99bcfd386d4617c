// The device's table of token rows, on torch's CPU or the device that LONGATTN_TEST_DEVICE names: rows are the CPU's,
// and what is in the table changes no bit.
#include "cuda/device_table.h"

#include <ATen/Parallel.h>

#include <fstream>

#include "cuda/device_stats.h"
#include "cuda/group_tensors.h"
#include "layer_zero.h"
#include "layer_zero_model.h"
#include "scorer.h"
#include "test_device.h"

// Last: torch has a CHECK of its own.
#undef CHECK
#include "error_check.h"

namespace {

using namespace fixture;
using namespace longattn;
using S = LayerZeroShape;

constexpr int64_t kLength = 90;
const S kShapes[] = {S{},
                     S{.interleaved = true},
                     S{.rope_dim = 0},
                     S{.kv_heads = 1, .dim = 16, .rope_dim = 8},
                     S{.kv_heads = 4},
                     S{.clip = 0.5, .qk_norm = "rms", .qk_full = true},
                     S{.rope_dim = 0, .learned_positions = kLength},
                     S{.qk_norm = "rms", .qk_after = true}};

// Of `span` tokens from `from` on, mixed.
ScoreRequest window(int64_t from, int64_t span) {
  ScoreRequest request;
  for (int64_t n = 0; n < kLength; ++n) request.ids.push_back(static_cast<int32_t>(from + (n * n + 3 * n) % span));
  request.lengths = {kLength};
  request.k = {kLength / 4};
  request.layers = {0};
  return request;
}

const ScoreRequest kWindows[] = {window(0, 17), window(5, 23), window(20, 20), window(0, 40), window(3, 5)};

std::vector<LayerStats> scored(LayerProvider& layer, DeviceStats& stats, const ScoreRequest& request) {
  return score({{&layer, [&](const auto& p, const auto& o) { return stats(p, o); }}}, request, {});
}

bool equal(const std::vector<LayerStats>& a, const std::vector<LayerStats>& b) {
  return a.size() == 1 && b.size() == 1 && a[0].ds == b[0].ds && a[0].variance == b[0].variance &&
         a[0].entropy == b[0].entropy && a[0].far_peak == b[0].far_peak && a[0].mass_bins == b[0].mass_bins &&
         a[0].sink_square_bins == b[0].sink_square_bins;
}

// Order of windows, rows found or new, a table that begins anew with every window, one that holds 20 rows.
void what_is_in_the_table_changes_no_bit() {
  for (const S& shape : kShapes) {
    const LayerZeroModel model(shape);
    LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
    std::vector<std::vector<LayerStats>> want;
    for (const ScoreRequest& request : kWindows) {
      DeviceStats fresh(test_placement());
      want.push_back(scored(layer, fresh, request));
    }
    CHECK(!equal(want[0], want[1]));
    const int64_t row = (shape.heads + shape.kv_heads) * shape.dim * 4;
    for (const int64_t budget : {int64_t{0}, 20 * row, int64_t{1} << 20}) {
      DeviceStats stats(test_placement(), budget);
      for (const int i : {0, 1, 2, 3, 4, 4, 2, 0, 3, 1, 1, 0})
        CHECK_MESSAGE(equal(scored(layer, stats, kWindows[i]), want[i]),
                      "window " + std::to_string(i) + ", budget of " + std::to_string(budget / row) + " rows");
    }
  }
}

// To the bit where nothing is rotated, else to float32's rounding of angles and products.
void rows_are_those_of_the_cpu() {
  for (const S& shape : kShapes) {
    const LayerZeroModel model(shape);
    LayerZero layer(parse_model_spec(model.spec()), 0);
    device::DeviceTable table(test_device(), 0);
    layer.visit(kWindows[0].ids.data(), kLength, {0}, {}, [&](int64_t, AttentionProblem& p) {
      const device::DeviceRows rows = device::read_rows(p, {}, test_device(), table);
      for (int64_t kv = 0; kv < p.kv_heads; ++kv) {
        const device::GroupTensors group = device::read_group(rows, kv, at::kFloat);
        p.mutable_source->prepare_group(kv);
        at::Tensor q = at::empty({shape.heads / shape.kv_heads, kLength, shape.dim}, at::kFloat),
                   k = at::empty_like(group.k, at::kCPU);
        p.source->keys(kv, 0, kLength, k.data_ptr<float>());
        for (int64_t g = 0; g < q.size(0); ++g)
          p.source->queries(group.first_head + g, 0, kLength, q[g].data_ptr<float>());
        const double allowed = rows.rope == nullptr ? 0 : 2e-6;
        CHECK((group.q.cpu() - q).abs().max().item<float>() <= allowed);
        CHECK((group.k.cpu() - k).abs().max().item<float>() <= allowed);
      }
    });
  }
}

void counts_what_it_finds() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const int64_t row = 6 * 6 * 4;
  DeviceStats stats(test_placement(), 20 * row);
  const auto counted = [&](const ScoreRequest& request, int64_t distinct, int64_t found, int64_t rows) {
    const Counters before = layer.counters();
    scored(layer, stats, request);
    const Counters now = layer.counters();
    CHECK(now.at("distinctTokens") - before.at("distinctTokens") == static_cast<double>(distinct));
    CHECK(now.at("tokensFound") - before.at("tokensFound") == static_cast<double>(found));
    CHECK(now.at("tableRows") == static_cast<double>(rows));
    CHECK(now.at("tableBytes") == static_cast<double>(rows * row));
  };
  const auto of_tokens = [](int32_t first, int32_t count) {
    ScoreRequest request;
    for (int32_t n = 0; n < 2 * count; ++n) request.ids.push_back(first + n % count);
    request.lengths = {2 * count};
    request.k = {1};
    request.layers = {0};
    return request;
  };
  counted(of_tokens(0, 10), 10, 0, 10);
  counted(of_tokens(5, 10), 10, 5, 15);
  counted(of_tokens(0, 15), 15, 15, 15);
  counted(of_tokens(10, 10), 10, 5, 20);
  counted(of_tokens(15, 10), 10, 0, 10);  // 5 new ones do not fit: it begins anew
  counted(of_tokens(0, 30), 30, 0, 30);   // larger than the budget
  counted(of_tokens(0, 30), 30, 30, 30);
}

void rows_of_another_model_are_not_used() {
  const LayerZeroModel model({}, 1), other({}, 2);
  LayerZero layer(parse_model_spec(model.spec()), 0), second(parse_model_spec(other.spec()), 0);
  DeviceStats stats(test_placement()), fresh(test_placement());
  const auto first = scored(layer, stats, kWindows[0]);
  CHECK(equal(scored(second, stats, kWindows[0]), scored(second, fresh, kWindows[0])));
  CHECK(equal(scored(layer, stats, kWindows[0]), first));
}

// Weights that are finite, and a row of Q or K that is not: refused also when its rows are in the table already.
void names_the_head_that_is_not_finite() {
  for (const auto& [role, row, head] : {std::tuple{"layers.0.q", 3 * 6 + 2, 3}, std::tuple{"layers.0.k", 6 + 1, 2}}) {
    const LayerZeroModel model({});
    std::fstream file(model.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(model.offset_of(role) + row * 24 * 4);
    for (int i = 0; i < 24; ++i) {
      const float huge = i % 2 == 0 ? 3e38F : -3e38F;
      file.write(reinterpret_cast<const char*>(&huge), sizeof huge);
    }
    file.close();
    LayerZero layer(parse_model_spec(model.spec()), 0);
    DeviceStats stats(test_placement());
    for (int time = 0; time < 2; ++time)
      CHECK_ERROR(scored(layer, stats, kWindows[0]), kAttentionNotFinite, "head " + std::to_string(head) + " is not");
  }
}

void a_bad_weight_leaves_nothing_behind() {
  const LayerZeroModel model({});
  std::fstream file(model.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(model.offset_of("embed") + 4 * (22 * 24 + 3));
  const float bad = NAN;
  file.write(reinterpret_cast<const char*>(&bad), sizeof bad);
  file.close();
  LayerZero layer(parse_model_spec(model.spec()), 0);
  DeviceStats stats(test_placement()), fresh(test_placement());
  const auto want = scored(layer, fresh, kWindows[0]);
  ScoreRequest bad_window = kWindows[3];
  bad_window.ids.back() = 22;
  CHECK_ERROR(scored(layer, stats, bad_window), kWeightNotFinite, "tensor embed in ");
  CHECK(equal(scored(layer, stats, kWindows[0]), want));
}

// Tokens whose rows are their own number, in blocks of four; cancelled in the second block if asked for.
class Numbers : public TokenRows {
 public:
  explicit Numbers(std::vector<int32_t> tokens) : tokens_(std::move(tokens)) {}
  bool has_token_rows() const override { return true; }
  uint64_t model() const override { return 1; }
  int64_t vocab() const override { return 100; }
  const int32_t* ids() const override { return tokens_.data(); }
  bool by_position() const override { return false; }
  const RopeTable& rotation() const override { return rope_; }
  int64_t block_rows() const override { return 4; }
  void project(const TokenAt* tokens, int64_t count, float* out) const override {
    CHECK(count <= 4);
    if (cancel && ++blocks_ == 2) throw Cancelled();
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < 12; ++j) out[i * 12 + j] = static_cast<float>(1000 * j + tokens[i].token);
  }
  void count(const TokenCounts& counts) override { counted = counts; }

  bool cancel = false;
  TokenCounts counted;

 private:
  std::vector<int32_t> tokens_;
  RopeTable rope_;
  mutable int blocks_ = 0;
};

// Heads in the table's order: two groups of two query heads and a key, d = 2.
void keeps_whole_windows_only() {
  device::DeviceTable table(test_device(), int64_t{1} << 20);
  AttentionProblem p;
  p.heads = 4, p.kv_heads = 2, p.dim = 2;
  const auto look_up = [&](Numbers& source, int64_t length) {
    p.length = length;
    return table.look_up(p, source);
  };
  Numbers first({7, 8, 7}), cancelled({1, 2, 3, 4, 5, 6}), last({1, 8, 99});
  look_up(first, 3);
  cancelled.cancel = true;
  CHECK_THROWS(look_up(cancelled, 6), Cancelled);
  const auto [rows, index] = look_up(last, 3);
  CHECK(last.counted.distinct == 3 && last.counted.found == 1 && last.counted.table_rows == 4);
  const at::Tensor got = rows.cpu(), places = index.cpu();
  constexpr int kFirst[] = {0, 2, 6, 8, 4, 10};  // of each head, in the order in which it was projected
  constexpr int32_t kTokens[] = {1, 8, 99};
  for (int64_t n = 0; n < 3; ++n)
    for (int64_t head = 0; head < 6; ++head)
      for (int64_t j = 0; j < 2; ++j)
        CHECK(got[places[n].item<int32_t>()][head][j].item<float>() ==
              static_cast<float>(1000 * (kFirst[head] + j) + kTokens[n]));
}

}  // namespace

int main() {
  at::set_num_threads(1);  // tiny windows: waking threads would be most of the time
  what_is_in_the_table_changes_no_bit();
  rows_are_those_of_the_cpu();
  counts_what_it_finds();
  rows_of_another_model_are_not_used();
  names_the_head_that_is_not_finite();
  a_bad_weight_leaves_nothing_behind();
  keeps_whole_windows_only();
  return check::exit_code();
}
