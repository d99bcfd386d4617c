// The tiles path against the float64 reference on torch's CPU, or on the device that LONGATTN_TEST_DEVICE names; the
// contract's errors; smaller tiles after running out of memory.
#include "device/stats/device_stats.h"

#include <ATen/Parallel.h>

#include <cstdlib>

#include "attention_fixture.h"
#include "device/halve.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero/token_rows.h"
#include "layer_zero_model.h"
#include "test_device.h"
#include "windows/scorer.h"

namespace {

using namespace fixture;

constexpr int64_t kTableBytes = int64_t{1} << 20;

AttentionOptions with_tokens() {
  AttentionOptions options;
  options.token_far = true;
  return options;
}

void test_shape(const Shape& shape, Content content, int64_t k, int64_t tile_bytes) {
  Table table(shape, content, 3);
  const AttentionProblem p = problem_of(shape, table, k);
  DeviceStats stats(test_placement(), kTableBytes, tile_bytes);
  compare(stats(p, with_tokens())(), attention_stats_reference(p, with_tokens()), shape.length, Tolerance(),
          "tiles content " + std::to_string(static_cast<int>(content)) + " L " + std::to_string(shape.length) + " k " +
              std::to_string(k));
  CHECK(stats.halvings() == 0);
}

// Softcap, window, slopes and sink logits, one by one and together.
void test_options() {
  const Shape shape = {130, 4, 2, 32};
  Table table(shape, Content::randn, 7);
  const std::vector<float> slopes = {0.5f, 0.25f, 0.01f, 0}, sinks = {1, -2, 8, 0};
  for (int mask = 0; mask < 16; ++mask) {
    AttentionProblem p = problem_of(shape, table, 30);
    if (mask & 1) p.softcap = 1.5f;
    if (mask & 2) p.sliding_window = 50;
    if (mask & 4) p.alibi_slopes = slopes.data();
    if (mask & 8) p.sink_logits = sinks.data();
    DeviceStats stats(test_placement(), kTableBytes, 60000);
    compare(stats(p, with_tokens())(), attention_stats_reference(p, with_tokens()), shape.length, Tolerance(),
            "tiles options " + std::to_string(mask));
  }
}

void test_errors() {
  const Shape shape = {40, 4, 2, 16};
  Table table(shape, Content::randn, 7), broken = table, overflow = table;
  DeviceStats stats(test_placement());
  const auto bad_head = [&](Table& source) {
    try {
      stats(problem_of(shape, source, 3), {})();
    } catch (const NotFinite& error) {
      return error.head;
    }
    return int64_t{-1};
  };
  broken.q[3 * 40 * 16 + 5] = std::nanf("");
  CHECK(bad_head(broken) == 3);
  for (float& x : overflow.k) x *= 1e30f;
  for (float& x : overflow.q) x *= 1e30f;
  CHECK(bad_head(overflow) == 0);

  AttentionProblem wrong = problem_of(shape, table, 3);
  wrong.heads = 3;
  CHECK_THROWS(stats(wrong, {}), std::invalid_argument);
  std::atomic<bool> cancel{true};
  AttentionOptions cancelled;
  cancelled.cancel = &cancel;
  CHECK_THROWS(stats(problem_of(shape, table, 3), cancelled), Cancelled);
  AttentionOptions none;
  none.entropy = none.far_peak = false;
  const AttentionStats few = stats(problem_of(shape, table, 3), none)();
  CHECK(few.heads[0].entropy == 0 && few.heads[0].far_peak == 0 && few.token_far.empty());
}

void test_kernel_names() {
  setenv("LONGATTN_CUDA_KERNEL", "quick", 1);
  CHECK_THROWS(device_kernel(), std::invalid_argument);
  setenv("LONGATTN_CUDA_KERNEL", "tiles", 1);
  CHECK(device_kernel() == DeviceKernel::tiles);
  unsetenv("LONGATTN_CUDA_KERNEL");
  CHECK(device_kernel() == DeviceKernel::tiles);
}

// The scorer asks the device where it is given one, and gets what the CPU's kernel gives: with rows gathered and
// rotated on the device, and with rows made on the CPU where a norm follows the rotation.
void test_scorer(const LayerZeroShape& shape) {
  const LayerZeroModel model(shape);
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  ScoreRequest request;
  request.lengths = {600, 40, 1};
  request.k = {150, 10, 0};
  for (int i = 0; i < 641; ++i) request.ids.push_back(i * i % 37);
  request.layers = {0};
  request.tokens = true;
  const std::vector<LayerStats> want = score(layer, request, {});
  DeviceStats stats(test_placement());
  ProviderOptions options;
  int calls = 0;
  options.statistics = [&](const AttentionProblem& p, const AttentionOptions& o) {
    ++calls;
    CHECK(dynamic_cast<TokenRows*>(p.mutable_source)->has_token_rows() != shape.qk_after);
    return stats(p, o);
  };
  const std::vector<LayerStats> got = score(layer, request, options);
  CHECK(calls == 3 && got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    for (size_t h = 0; h < got[i].ds.size(); ++h) {
      CHECK(check::close(got[i].ds[h], want[i].ds[h], 0, 1e-6));
      CHECK(check::close(got[i].variance[h], want[i].variance[h], 1e-5, 1e-15));
      CHECK(check::close(got[i].entropy[h], want[i].entropy[h], 0, 1e-5));
    }
    for (size_t n = 0; n < got[i].token_ds.size(); ++n)
      CHECK(check::close(got[i].token_ds[n], want[i].token_ds[n], 0, 1e-5));
  }
}

void test_scorers() {
  LayerZeroShape shape;
  test_scorer(shape);
  shape.interleaved = true;
  test_scorer(shape);
  shape.rope_dim = 0;
  test_scorer(shape);
  shape.learned_positions = 600;
  test_scorer(shape);
  shape.learned_positions = 0;
  shape.rope_dim = 4;
  shape.qk_norm = "rms";
  shape.qk_after = true;
  test_scorer(shape);
}

struct OutOfMemory {};

void test_halving() {
  std::atomic<int64_t> size{1024}, halvings{0};
  const auto work = [&](int64_t now) {
    if (now > 200) throw OutOfMemory();
    return now;
  };
  CHECK(device::halve_on_out_of_memory<OutOfMemory>(size, 64, halvings, work) == 128);
  CHECK(size == 128 && halvings == 3);
  CHECK(device::halve_on_out_of_memory<OutOfMemory>(size, 64, halvings, work) == 128);
  CHECK(halvings == 3);
  const auto never = [](int64_t) -> int { throw OutOfMemory(); };
  CHECK_THROWS(device::halve_on_out_of_memory<OutOfMemory>(size, 64, halvings, never), OutOfMemory);
  CHECK(size == 64);
}

}  // namespace

int main() {
  at::set_num_threads(1);  // hundreds of tiny windows: waking threads would be most of the time
  for (int64_t length : {1, 2, 5, 33, 100})
    for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7})
      test_shape({length, 3, 1, 16}, Content::randn, k, 5000);
  for (Content content : kContents) test_shape({500, 4, 2, 64}, content, 125, 100000);
  test_shape({700, 2, 1, 80}, Content::strong_sink, 200, int64_t{1} << 28);
  test_options();
  test_errors();
  test_kernel_names();
  test_scorers();
  test_halving();
  return check::exit_code();
}
