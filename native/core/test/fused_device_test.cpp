// The fused kernels behind DeviceStats against the float64 reference: shapes, contents, minimum distances, masks, sink
// logits, both products, pieces of groups, token rows of a table; the same bits every time; numbers that are not finite
// or beyond fp16; fp16 and bf16 against plain half-precision attention.
//
// A CPU build links the emulated kernels and takes small windows. A CUDA build runs on the GPU that
// LONGATTN_TEST_DEVICE names; without one it says so and passes: whether a GPU was there stands in the output of
// scripts/gpu-check.

#include <algorithm>
#include <cstdlib>

#include "attention_fixture.h"
#include "device/fused/fused_window.h"
#include "device/stats/device_stats.h"
#include "emulated_kernels.h"
#include "error.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero_model.h"
#include "test_device.h"
#include "windows/scorer.h"

namespace {

using namespace fixture;
using device::FusedProduct;
using device::FusedType;

#ifdef LONGATTN_EMULATED
constexpr bool kEmulated = true;
#else
constexpr bool kEmulated = false;
#endif

// Torch's CPU, or the GPU that LONGATTN_TEST_DEVICE names.
Placement place() {
  return kEmulated ? Placement{Placement::Kind::torch_cpu, 0} : test_placement();
}

// Inputs are numbers of fp16, so what remains is float32: products that tensor cores add up without rounding to
// nearest, an exponential good to 2^-22, sums of hundreds of terms.
Tolerance fused_tolerance() {
  Tolerance t;
  t.ds = 1e-5;
  t.squares = 2e-4;
  t.bin_slack = 1e-5;
  t.entropy = 2e-4;
  t.token = 1e-4;
  return t;
}

void round_to(Table& table, at::ScalarType type) {
  for (std::vector<float>* values : {&table.q, &table.k}) {
    const at::Tensor tensor = at::from_blob(values->data(), {static_cast<int64_t>(values->size())}, at::kFloat);
    tensor.copy_(tensor.to(type));
  }
}

AttentionOptions with_tokens() {
  AttentionOptions options;
  options.token_far = true;
  return options;
}

std::string describe(const Shape& s, Content content, int64_t k) {
  return "fused content " + std::to_string(static_cast<int>(content)) + " L " + std::to_string(s.length) + " H " +
         std::to_string(s.heads) + "/" + std::to_string(s.kv_heads) + " d " + std::to_string(s.dim) + " k " +
         std::to_string(k);
}

struct Masks {
  float softcap = 0, slope = 0, sink = 0;
  int64_t window = 0;
};

void test_shape(const char* kernel, const Shape& shape, Content content, int64_t k, const Masks& masks = {}) {
  setenv("LONGATTN_CUDA_KERNEL", kernel, 1);
  Table table(shape, content, 5);
  round_to(table, at::kHalf);
  AttentionProblem p = problem_of(shape, table, k);
  std::vector<float> sinks, slopes;
  for (int64_t h = 1; h <= shape.heads; ++h) {
    sinks.push_back(masks.sink * static_cast<float>(h));
    slopes.push_back(masks.slope / static_cast<float>(h));
  }
  p.softcap = masks.softcap;
  p.sliding_window = masks.window;
  if (masks.sink != 0) p.sink_logits = sinks.data();
  if (masks.slope != 0) p.alibi_slopes = slopes.data();
  // On a GPU the CPU's fast kernel, or the GPU would wait for one thread of the CPU.
  const AttentionStats want =
      kEmulated ? attention_stats_reference(p, with_tokens()) : attention_stats(p, with_tokens());
  const std::string what = std::string(kernel) + " " + describe(shape, content, k);
  DeviceStats whole(place()), pieces(place(), 0, 1);  // one group of heads at a time
  const AttentionStats got = whole(p, with_tokens())();
  compare(got, want, shape.length, fused_tolerance(), what);
  CHECK_MESSAGE(same_bits(got, pieces(p, with_tokens())()), "other bits in pieces: " + what);
}

int64_t bad_head(const AttentionProblem& p) {
  DeviceStats stats(place());
  try {
    stats(p, {})();
  } catch (const NotFinite& error) {
    return error.head;
  }
  return -1;
}

void test_not_finite() {
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  const Shape shape = {300, 4, 2, 64};
  Table table(shape, Content::randn, 7);
  table.q[3 * 300 * 64 + 64 * 200 + 5] = std::nanf("");
  CHECK(bad_head(problem_of(shape, table, 3)) == 3);
  table.k[300 * 64 + 7] = HUGE_VALF;
  CHECK(bad_head(problem_of(shape, table, 3)) == 2);
  for (float& x : table.q) x = 3e38f;  // bf16 holds it; the products overflow
  for (float& x : table.k) x = 3e38f;
  CHECK(bad_head(problem_of(shape, table, 3)) == 0);
}

// Numbers of one head are beyond fp16: the window is done again, that head scaled by a power of two, or in bf16 where
// the others would lose bits by that. `size`: of the largest, which its keys undo.
void test_beyond_half(float size, const char* counter) {
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  const Shape shape = {200, 4, 2, 64};
  Table table(shape, Content::randn, 9);
  for (int64_t n = 0; n < 200; ++n) {
    table.q[(2 * 200 + n) * 64] = size;
    table.k[(200 + n) * 64] = 1.0f / size;
  }
  round_to(table, at::kBFloat16);  // good in either type
  const AttentionProblem p = problem_of(shape, table, 50);
  DeviceStats stats(place());
  compare(stats(p, with_tokens())(), attention_stats_reference(p, with_tokens()), 200, fused_tolerance(),
          "beyond fp16: " + std::to_string(size));
  CHECK(stats.counters().at("deviceScaled") + stats.counters().at("deviceBf16") == 1);
  CHECK(stats.counters().at(counter) == 1 && stats.counters().at("deviceChecked") == 1);
}

// Rows that change once the CPU has seen them: what a device that computes something else looks like.
class Changing : public HeadSource {
 public:
  explicit Changing(Table& table) : table_(table) {}
  void prepare_group(int64_t kv_head) override { rounds_ += kv_head == 0; }
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    table_.queries(head, row, count, out);
    if (rounds_ > 1 && head == 3)
      for (int64_t i = 0; i < count * 64; ++i) out[i] *= 1.2f;
  }
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override {
    table_.keys(kv_head, row, count, out);
  }

 private:
  Table& table_;
  int rounds_ = 0;
};

std::string refusal(DeviceStats& stats, const AttentionProblem& p) {
  try {
    stats(p, {})();
  } catch (const Error& error) {
    return std::string(error.code) + ": " + error.what();
  }
  return "";
}

// The first window is held against the CPU; a later one is not, but what is not finite is asked after.
void test_against_the_cpu() {
  const Shape shape = {150, 4, 2, 64};
  Table table(shape, Content::randn, 3);
  for (const char* kernel : {"fused", "tiles"}) {
    setenv("LONGATTN_CUDA_KERNEL", kernel, 1);
    Changing first(table);
    DeviceStats wrong(place());
    const std::string said = refusal(wrong, problem_of(shape, first, 30));
    CHECK_MESSAGE(said.rfind(kDeviceMismatch, 0) == 0 && said.find("of head 3 is") != std::string::npos, said);
    Changing later(table);
    DeviceStats stats(place());
    CHECK(refusal(stats, problem_of(shape, table, 30)).empty());
    CHECK(refusal(stats, problem_of(shape, later, 30)).empty());
    CHECK(refusal(stats, problem_of(shape, later, 30)).empty());
    CHECK(stats.counters().at("deviceChecked") == 1);
    const double fused = stats.counters().at("deviceWgmma") + stats.counters().at("deviceMma");
    CHECK(stats.counters().at("deviceTiles") == (kernel == std::string("tiles") ? 3 : 0) &&
          fused == 3 - stats.counters().at("deviceTiles"));
  }
#ifdef LONGATTN_EMULATED
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  DeviceStats stats(place());
  CHECK(refusal(stats, problem_of(shape, table, 30)).empty());
  device::sums_are_broken() = true;
  const std::string said = refusal(stats, problem_of(shape, table, 30));
  device::sums_are_broken() = false;
  CHECK_MESSAGE(said.rfind(kDeviceMismatch, 0) == 0 && said.find("head 0 is not finite") != std::string::npos, said);
#endif
}

// Twice the error of attention computed plainly from rounded inputs, against float64.
void test_rounding(at::ScalarType type, int64_t length) {
  const Shape shape = {length, 4, 4, 128};
  Table table(shape, Content::heavy_tailed, 41), rounded = table;
  round_to(rounded, type);
  const AttentionProblem p = problem_of(shape, table, length / 4), q = problem_of(shape, rounded, length / 4);
  const AttentionStats want = attention_stats_reference(p, {}), plain = attention_stats_reference(q, {});
  const at::Device where = kEmulated ? at::Device(at::kCPU) : test_device();
  device::DeviceTable none(where, 0);
  device::FusedChoice choice;
  choice.type = type == at::kHalf ? FusedType::fp16 : FusedType::bf16;
  const AttentionStats got =
      device::fused_window(p, {}, device::read_rows(p, {}, where, none), 1 << 20, choice)().stats;
  for (int64_t head = 0; head < shape.heads; ++head) {
    const auto hold = [&](const char* name, auto field) {
      const double exact = field(want.heads[head]), error = std::fabs(field(got.heads[head]) / exact - 1),
                   allowed = 2 * std::fabs(field(plain.heads[head]) / exact - 1) + 2e-5;
      CHECK_MESSAGE(error <= allowed, std::string(name) + " head " + std::to_string(head) + ": " +
                                          std::to_string(error) + " > " + std::to_string(allowed));
    };
    hold("DS", [](const HeadStats& s) { return s.far_mass; });
    hold("variance", [&](const HeadStats& s) { return variance(s, static_cast<double>(length)); });
    hold("entropy", [](const HeadStats& s) { return s.entropy; });
    hold("far peak", [](const HeadStats& s) { return s.far_peak; });
  }
}

// Rows of a table by an index, rotated: what layer 0 gives. fp16 is good to 2^-11, so a logit of 20 to about 0.01, and
// with it a single share of attention; in sums over rows most of it goes.
void test_token_rows(const LayerZeroShape& shape) {
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  const LayerZeroModel model(shape);
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  ScoreRequest request;
  request.lengths = {230, 40, 1};
  request.k = {57, 10, 0};
  for (int i = 0; i < 271; ++i) request.ids.push_back(i * i % 37);
  request.layers = {0};
  request.tokens = true;
  const std::vector<LayerStats> want = score(layer, request, {});
  DeviceStats stats(place());
  ProviderOptions options;
  options.statistics = [&](const AttentionProblem& p, const AttentionOptions& o) { return stats(p, o); };
  const std::vector<LayerStats> got = score(layer, request, options);
  CHECK(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].window == want[i].window && got[i].length == want[i].length && got[i].k == want[i].k);
    for (size_t h = 0; h < want[i].ds.size(); ++h) {
      CHECK(check::close(got[i].ds[h], want[i].ds[h], 2e-3, 1e-9));
      CHECK(check::close(got[i].variance[h], want[i].variance[h], 1e-2, 1e-12));
      CHECK(check::close(got[i].entropy[h], want[i].entropy[h], 2e-3, 1e-6));
    }
    for (size_t n = 0; n < want[i].token_ds.size(); ++n)
      CHECK_MESSAGE(check::close(got[i].token_ds[n], want[i].token_ds[n], 2e-2, 2e-5),
                    "window " + std::to_string(i) + " token " + std::to_string(n) + ": " +
                        std::to_string(got[i].token_ds[n]) + " is not " + std::to_string(want[i].token_ds[n]));
  }
}

// A window that must be done again in bf16 finds its own rows, although the one after it has begun the table anew.
void test_rows_stay() {
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  LayerZeroShape shape;
  shape.weight_scale = 4e4;  // queries beyond fp16
  const LayerZeroModel model(shape);
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  ScoreRequest both, first;
  for (int i = 0; i < 80; ++i) both.ids.push_back(i % 20 + (i < 40 ? 0 : 20));
  both.lengths = {40, 40};
  both.k = {10, 10};
  both.layers = {0};
  first = both;
  first.ids.resize(40);
  first.lengths = first.k = {40};
  first.k = {10};
  const auto scored = [&](const ScoreRequest& request) {
    DeviceStats stats(place(), 0);  // room for one window's tokens
    ProviderOptions options;
    options.statistics = [&](const AttentionProblem& p, const AttentionOptions& o) { return stats(p, o); };
    return score(layer, request, options);
  };
  CHECK(scored(both)[0].ds == scored(first)[0].ds);
  CHECK(scored(both)[0].variance == scored(first)[0].variance);
}

constexpr Masks kMasks[] = {{20, 0, 0, 0}, {0, 0.05f, 0, 0}, {0, 0, 1.5f, 0}, {0, 0, 0, 90}, {5, 0.1f, -1, 100}};

void test_emulated() {
  for (const char* kernel : {"fused", "fused-mma"}) {
    for (int64_t dim : {16, 80}) test_shape(kernel, {200, 4, 2, dim}, Content::heavy_tailed, 50);
    for (const Masks& masks : kMasks) test_shape(kernel, {140, 4, 2, 16}, Content::randn, 35, masks);
  }
  test_shape("fused", {70, 2, 2, 256}, Content::randn, 17);
  test_rounding(at::kHalf, 256);
  test_rounding(at::kBFloat16, 256);
}

void test_on_gpu() {
  for (const char* kernel : {"fused", "fused-mma"}) {
    for (int64_t dim : {16, 64, 80, 128, 256})
      for (int64_t length : {1, 2, 63, 64, 65, 127, 128, 129, 191, 193, 300})
        for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7})
          test_shape(kernel, {length, 3, 1, dim}, Content::randn, k);
    for (int64_t dim : {64, 128, 256})
      for (Content content : kContents) test_shape(kernel, {1500, 4, 2, dim}, content, 375);
    for (const Masks& masks : kMasks) test_shape(kernel, {1500, 4, 2, 128}, Content::heavy_tailed, 375, masks);
    for (int64_t k : {2048, 2049}) test_shape(kernel, {8192, 2, 1, 128}, Content::heavy_tailed, k);
    // More items than multiprocessors: blocks take several, one after the other.
    for (const Masks& masks : {Masks{}, kMasks[3]}) test_shape(kernel, {3072, 16, 2, 64}, Content::randn, 768, masks);
  }
  test_rounding(at::kHalf, 1024);
  test_rounding(at::kBFloat16, 1024);
}

}  // namespace

int main() {
  if (!kEmulated && (cuda_devices().empty() || test_placement().kind != Placement::Kind::cuda)) {
    std::puts("skipped: no CUDA device (LONGATTN_TEST_DEVICE=cuda)");
    return 0;
  }
  kEmulated ? test_emulated() : test_on_gpu();
  test_not_finite();
  test_beyond_half(98304, "deviceScaled");
  test_beyond_half(65504 * 200.0f, "deviceScaled");
  test_beyond_half(65504 * 1024.0f, "deviceBf16");
  test_against_the_cpu();
  test_rows_stay();
  LayerZeroShape wide, by_position, norm_after;
  wide.dim = 40;
  wide.rope_dim = 32;
  by_position.learned_positions = 240;
  by_position.rope_dim = 0;
  norm_after.qk_norm = "rms";
  norm_after.qk_after = true;
  for (const LayerZeroShape& shape : {LayerZeroShape{}, wide, by_position, norm_after}) test_token_rows(shape);
  return check::exit_code();
}
