// The decoder in torch's operators, on torch's CPU or on the device that LONGATTN_TEST_DEVICE names: its attention
// against the definition, its layers and losses against our own decoder. Models of every family are compared with
// transformers from TypeScript.
#include <limits>

#include "attend_cases.h"
#include "decoder/attend/attend_tensors.h"
#include "decoder/decoder.h"
#include "decoder/heads.h"
#include "decoder_model.h"
#include "device/stats/device_stats.h"
#include "device/tensor_rows.h"
#include "error.h"
#include "layer_zero/token_rows.h"
#include "test_device.h"
#include "windows/scorer.h"

namespace {

using namespace attend_cases;
using namespace longattn;
using namespace fixture;

constexpr int64_t kSmallTile = 30000;  // bytes: many blocks even of a short window

Heads heads_of(const Case& c, const Inputs& in) {
  const auto tensor = [&](const std::vector<float>& values, int64_t heads, int64_t dim) {
    return at::tensor(values, at::kFloat).view({c.length, heads, dim}).to(test_device());
  };
  return {tensor(in.q, c.heads, c.dim), tensor(in.k, c.kv_heads, c.dim), tensor(in.v, c.kv_heads, c.value_dim)};
}

void attend_case(const Case& c, at::ScalarType type, int64_t tile_bytes, double allowed) {
  const Inputs in = inputs_of(c);
  const at::Tensor out = attend_tensors(in.config, heads_of(c, in), c.near, type, tile_bytes, {}).cpu();
  CHECK(out.size(0) == c.length && out.size(1) == c.heads * c.value_dim && out.is_contiguous());
  check_rows(c, in, out.const_data_ptr<float>(), allowed);
}

void attention_is_that_of_the_definition() {
  for (const int64_t tile_bytes : {kSmallTile, int64_t{1} << 28}) {
    for_each_case({1, 2, 7, 65, 300}, [&](const Case& c) { attend_case(c, at::kFloat, tile_bytes, 1e-5); });
  }
  // Logits of up to 30, sums of 264 products: how a library adds them up moves a weight by 1e-5 of itself.
  attend_case({"wider than flash attention takes", 300, 2, 1, 264, 264}, at::kFloat, kSmallTile, 3e-5);
  // Rounding of the inputs: 2^-9 and 2^-12 of values of about 1.
  attend_case({"bf16", 300, 4, 2}, at::kBFloat16, kSmallTile, 3e-2);
  attend_case({"fp16", 300, 4, 2}, at::kHalf, kSmallTile, 4e-3);
}

// Blocks by `tile_bytes` are blocks of rows: a row's sums are over the same keys in the same order, up to what the
// product's own blocking does.
void rows_do_not_depend_on_their_block() {
  const Case c{"blocks", 300, 4, 2, 16, 16, 0, 40, 2.5};
  const Inputs in = inputs_of(c);
  const auto run = [&](int64_t bytes) {
    return attend_tensors(in.config, heads_of(c, in), c.near, at::kFloat, bytes, {});
  };
  CHECK((run(kSmallTile) - run(int64_t{1} << 28)).abs().max().item<float>() < 1e-5F);
}

ScoreRequest request(std::vector<int64_t> lengths, std::vector<int64_t> layers) {
  ScoreRequest result;
  result.lengths = std::move(lengths);
  for (const int64_t length : result.lengths) {
    result.k.push_back(length / 4);
    for (int64_t n = 0; n < length; ++n)
      result.ids.push_back(static_cast<int32_t>((n * n + 3 * n) % DecoderModel::kVocab));
  }
  result.layers = std::move(layers);
  result.tokens = true;
  return result;
}

ProviderOptions with(DeviceStats& stats) {
  ProviderOptions options;
  options.statistics = [&stats](const AttentionProblem& p, const AttentionOptions& o) {
    const bool tensors = dynamic_cast<const device::TensorRows*>(p.source) != nullptr;
    CHECK(tensors || dynamic_cast<TokenRows*>(p.mutable_source)->has_token_rows());  // no row goes over the CPU
    return stats(p, o);
  };
  return options;
}

void close_to(const std::vector<LayerStats>& got, const std::vector<LayerStats>& want, double relative) {
  CHECK(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].layer == want[i].layer);
    for (size_t h = 0; h < got[i].ds.size(); ++h) {
      CHECK(check::close(got[i].ds[h], want[i].ds[h], relative, 1e-9));
      CHECK(check::close(got[i].variance[h], want[i].variance[h], relative, 1e-12));
      CHECK(check::close(got[i].entropy[h], want[i].entropy[h], relative, 1e-6));
      CHECK(check::close(got[i].far_peak[h], want[i].far_peak[h], relative, 1e-9));
    }
    for (size_t n = 0; n < got[i].token_ds.size(); ++n)
      CHECK(check::close(got[i].token_ds[n], want[i].token_ds[n], 0, 0.2 * relative + 1e-5));
  }
}

void layers_and_losses_are_those_of_our_own_decoder() {
  const DecoderModel model(3);
  Decoder own(model.spec(), 0), there(model.spec(), 0, test_placement());
  DeviceStats stats(test_placement());
  const ScoreRequest windows = request({300, 41, 1}, {0, 1, 2});
  close_to(score(there, windows, with(stats)), score(own, windows, {}), 1e-5);
  for (const int64_t near : {0, 1, 60}) {
    const auto got = there.losses(windows.ids.data(), 300, near, {}),
               want = own.losses(windows.ids.data(), 300, near, {});
    CHECK(got.size() == want.size());
    // Three layers of random weights make 1e-7 of a product 1e-5 of a logit.
    for (size_t n = 0; n < got.size(); ++n) CHECK(check::close(got[n], want[n], 0, 1e-4));
  }
  CHECK(there.losses(windows.ids.data(), 1, 0, {}).empty());
  CHECK(there.counters().at("decoderOutOfMemory") == 0);
  CHECK(own.counters().count("decoderOutOfMemory") == 0);
}

// Products in bf16 are off by about its rounding, on a device as on the CPU.
void products_can_be_in_the_type_of_the_weights() {
  const DecoderModel model(3);
  for (const char* type : {"bf16", "f16"}) {
    ModelSpec spec = model.spec();
    spec.values["forward.dtype"] = type;
    Decoder own(model.spec(), 0), there(spec, 0, test_placement());
    DeviceStats stats(test_placement());
    const ScoreRequest windows = request({300}, {1, 2});
    close_to(score(there, windows, with(stats)), score(own, windows, {}), 0.2);
  }
}

// The CPU's kernels take what a device's decoder makes: rows of attention are theirs on any device.
void kernels_of_the_cpu_read_its_heads() {
  const DecoderModel model(2);
  Decoder own(model.spec(), 0), there(model.spec(), 0, test_placement());
  const ScoreRequest windows = request({100}, {1});
  close_to(score(there, windows, {}), score(own, windows, {}), 1e-5);
}

void errors_are_those_of_our_own_decoder() {
  const DecoderModel model(2);
  Decoder there(model.spec(), 0, test_placement());
  DeviceStats stats(test_placement());
  const std::atomic<bool> cancel{true};
  ProviderOptions cancelled = with(stats);
  cancelled.cancel = &cancel;
  CHECK_THROWS(score(there, request({40}, {1}), cancelled), Cancelled);
  CHECK_THROWS(there.losses(request({40}, {1}).ids.data(), 40, 0, cancelled), Cancelled);
  model.poison("layers.0.up", std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS(Decoder(model.spec(), 0, test_placement()), Error);
}

// A head of Q that is not finite is named, whether it came as rows or as a tensor.
void tensors_that_are_not_finite_are_refused() {
  const Case c{"nan", 30, 4, 2};
  const Inputs in = inputs_of(c);
  Heads heads = heads_of(c, in);
  heads.q[7][3][2] = std::numeric_limits<float>::infinity();
  TensorHeads source(heads);
  AttentionProblem p;
  p.length = c.length, p.heads = c.heads, p.kv_heads = c.kv_heads, p.dim = c.dim, p.k = 7, p.scale = 0.3F;
  p.source = p.mutable_source = &source;
  DeviceStats stats(test_placement());
  int64_t head = -1;
  try {
    stats(p, {})();
  } catch (const NotFinite& error) {
    head = error.head;
  }
  CHECK(head == 3);
}

}  // namespace

int main() {
  const c10::InferenceMode inference;
  at::set_num_threads(1);  // tiny windows: waking threads would be most of the time
  attention_is_that_of_the_definition();
  rows_do_not_depend_on_their_block();
  layers_and_losses_are_those_of_our_own_decoder();
  products_can_be_in_the_type_of_the_weights();
  kernels_of_the_cpu_read_its_heads();
  errors_are_those_of_our_own_decoder();
  tensors_that_are_not_finite_are_refused();
  return check::exit_code();
}
