// One, two and three copies of a model on torch's CPU (or on the GPUs in turn, if LONGATTN_TEST_DEVICE names one), and
// on our own: the same bits of statistics and losses, the errors of one copy, counters of all.
#include "decoder/model_replicas.h"

#include <ATen/Parallel.h>

#include "decoder_model.h"
#include "error.h"
#include "error_check.h"
#include "test_device.h"
#include "windows/scorer.h"
#include "windows/window_losses.h"

namespace {

using namespace longattn;

const ProviderOptions kOneThread{1};  // torch's sums on the CPU may depend on the number of threads

std::vector<Placement> copies(size_t count, Placement::Kind kind = fixture::test_placement().kind) {
  const size_t gpus = cuda_devices().size();
  std::vector<Placement> result(count, Placement{kind});
  for (size_t i = 0; i < count && kind == Placement::Kind::cuda; ++i) result[i].index = static_cast<int>(i % gpus);
  return result;
}

const std::vector<int64_t> kLengths = {70, 9, 1, 33, 70, 12, 50};

ScoreRequest score_request() {
  ScoreRequest request;
  for (const int64_t length : kLengths) {
    for (int64_t n = 0; n < length; ++n)
      request.ids.push_back(static_cast<int32_t>((n * n + length) % DecoderModel::kVocab));
    request.k.push_back(length / 4);
  }
  request.lengths = kLengths;
  request.layers = {0, 1, 2};
  request.tokens = true;
  return request;
}

LossRequest loss_request() {
  const ScoreRequest windows = score_request();
  return {windows.ids, windows.lengths, {0, 3, 0, 20, 0, 0, 7}};
}

bool equal(const LayerStats& a, const LayerStats& b) {
  return a.window == b.window && a.layer == b.layer && a.k == b.k && a.ds == b.ds && a.variance == b.variance &&
         a.entropy == b.entropy && a.far_peak == b.far_peak && a.mass_bins == b.mass_bins && a.token_ds == b.token_ds;
}

void bits_do_not_depend_on_the_copies() {
  const DecoderModel model(3);
  for (const auto kind : {fixture::test_placement().kind, Placement::Kind::cpu}) {
    const ModelReplicas one(model.spec(), 1 << 20, copies(1, kind));
    const std::vector<LayerStats> want = score(one.all(), score_request(), kOneThread);
    const auto losses = window_losses(one.all(), loss_request(), kOneThread);
    CHECK(want.size() == 3 * kLengths.size() && losses.size() == kLengths.size());
    for (const size_t count : {2, 3}) {
      const ModelReplicas several(model.spec(), 1 << 20, copies(count, kind));
      for (int round = 0; round < 5; ++round) {  // who takes which window differs
        const std::vector<LayerStats> got = score(several.all(), score_request(), kOneThread);
        CHECK(got.size() == want.size());
        for (size_t i = 0; i < got.size(); ++i) CHECK(equal(got[i], want[i]));
        CHECK(window_losses(several.all(), loss_request(), kOneThread) == losses);
      }
    }
  }
}

void the_lowest_window_is_blamed() {
  const DecoderModel model(3);
  const ModelReplicas several(model.spec(), 1 << 20, copies(3));
  ScoreRequest request = score_request();
  LossRequest losses = loss_request();
  for (const size_t id : {70 + 9 + 1 + 5, 70 + 9 + 1 + 33 + 1}) request.ids[id] = losses.ids[id] = 32;  // windows 3, 4
  for (int round = 0; round < 5; ++round) {
    CHECK_ERROR(score(several.all(), request, kOneThread), kTokenOutOfRange, "position 5 of window 3 is");
    CHECK_ERROR(window_losses(several.all(), losses, kOneThread), kTokenOutOfRange, "position 5 of window 3 is");
  }
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(score(several.all(), score_request(), (ProviderOptions{1, &cancel})), Cancelled);
  CHECK_THROWS(window_losses(several.all(), loss_request(), (ProviderOptions{1, &cancel})), Cancelled);
}

void counters_are_sums() {
  const DecoderModel model(1);
  const ModelReplicas one(model.spec(), 1 << 20, copies(1)), several(model.spec(), 1 << 20, copies(3));
  ScoreRequest request = score_request();
  request.layers = {0};
  score(one.all(), request, kOneThread);
  score(several.all(), request, kOneThread);
  const Counters want = one.counters(), got = several.counters();
  CHECK(got.at("distinctTokens") == want.at("distinctTokens") && got.at("distinctTokens") > 20);
  CHECK(got.at("tokensFound") <= want.at("tokensFound") && want.at("tokensFound") > 0);
  CHECK(got.at("tableRows") >= want.at("tableRows") && want.at("tableRows") > 0);
  CHECK(got.at("deviceTileBytes") == 3 * want.at("deviceTileBytes"));
  CHECK(got.at("deviceOutOfMemory") == 0 && got.at("decoderOutOfMemory") == 0);
  const ModelReplicas own(model.spec(), 1 << 20, copies(1, Placement::Kind::cpu));
  CHECK(own.counters().count("deviceTileBytes") == 0);
}

void a_wrong_kernel_is_refused_before_weights_are_read() {
  const DecoderModel model(1);
  ModelSpec spec = model.spec();
  spec.tensors.clear();
  setenv("LONGATTN_CUDA_KERNEL", "quick", 1);
  CHECK_THROWS(ModelReplicas(spec, 0, copies(1)), std::invalid_argument);
  CHECK_THROWS(ModelReplicas(spec, 0, copies(1, Placement::Kind::cpu)), Error);
  unsetenv("LONGATTN_CUDA_KERNEL");
}

}  // namespace

int main() {
  at::set_num_threads(1);  // of the threads that a replica gets, and tiny windows
  bits_do_not_depend_on_the_copies();
  the_lowest_window_is_blamed();
  counters_are_sums();
  a_wrong_kernel_is_refused_before_weights_are_read();
  return check::exit_code();
}
