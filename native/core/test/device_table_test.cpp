// The device's table of token rows, on torch's CPU or the device that LONGATTN_TEST_DEVICE names: what is in it changes
// no bit.
#include "device/device_table.h"

#include <ATen/Parallel.h>

#include "check.h"
#include "device_windows.h"

namespace {

using namespace fixture;
using namespace longattn;

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
  counts_what_it_finds();
  rows_of_another_model_are_not_used();
  keeps_whole_windows_only();
  return check::exit_code();
}
