// What surrounds the numbers: which layers there are, errors that name what is wrong, cancellation. The numbers
// themselves are tested from TypeScript, against golden models of every family.
#include "decoder/decoder.h"

#include <cmath>
#include <filesystem>
#include <limits>

#include "check.h"
#include "decoder/bf16/product.h"
#include "decoder_model.h"
#include "error.h"
#include "layer_zero/layer_zero.h"
#include "windows/scorer.h"

namespace {

using namespace longattn;

const std::vector<int32_t> kIds = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};

ScoreRequest request(std::vector<int64_t> layers) {
  ScoreRequest result;
  result.ids = kIds;
  result.lengths = {static_cast<int64_t>(kIds.size())};
  result.k = {4};
  result.layers = std::move(layers);
  return result;
}

// The code and a word of the message of what `body` throws.
template <typename Body>
void expect_error(const char* code, const std::string& word, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    CHECK_MESSAGE(std::string(error.code) == code, std::string("code is ") + error.code + ": " + error.what());
    CHECK_MESSAGE(std::string(error.what()).find(word) != std::string::npos, error.what());
    return;
  }
  CHECK_MESSAGE(false, std::string("nothing was thrown, not ") + code);
}

void layers_follow_the_spec() {
  const DecoderModel model(3);
  ModelSpec spec = model.spec();
  CHECK(Decoder(spec, 0).layers() == 3);
  spec.tensors.erase("layers.2.v");  // Q and K are there: the layer can be scored, not run
  CHECK(Decoder(spec, 0).layers() == 3);
  spec.tensors.erase("layers.1.v");
  CHECK(Decoder(spec, 0).layers() == 2);
  spec.tensors.erase("layers.0.v");
  CHECK(open_layers(spec, 0)->layers() == 1);
  Decoder decoder(model.spec(), 0);
  expect_error(kLayerUnavailable, "0 to 2", [&] { score(decoder, request({3}), {}); });
}

void errors_name_what_is_wrong() {
  const DecoderModel model(2);
  ModelSpec missing = model.spec();
  missing.tensors.erase("layers.0.down");
  expect_error(kModelInvalid, "layers.0.down", [&] { Decoder(missing, 0); });
  ModelSpec unknown = model.spec();
  unknown.values["mlp.activation"] = "mish";
  expect_error(kModelInvalid, "mish", [&] { Decoder(unknown, 0); });
  ModelSpec no_norm = model.spec();
  no_norm.values.erase("block.norms");
  expect_error(kModelInvalid, "block.norms", [&] { Decoder(no_norm, 0); });
  ModelSpec narrow = model.spec();
  narrow.values["vocab"] = "33";
  expect_error(kModelInvalid, "embed", [&] { Decoder(narrow, 0); });

  model.poison("layers.0.up", std::numeric_limits<float>::quiet_NaN());
  expect_error(kWeightNotFinite, "layers.0.up", [&] { Decoder(model.spec(), 0); });
}

void cut_files_are_refused() {
  const DecoderModel model(2);
  std::filesystem::resize_file(model.path(), static_cast<uintmax_t>(model.bytes() - 4));
  expect_error(kFileUnreadable, "head", [&] { Decoder(model.spec(), 0); });
}

// Its weights are mapped: reading a page past the end would kill the process.
void files_cut_under_a_decoder_are_refused() {
  const DecoderModel model(2);
  Decoder decoder(model.spec(), 0);
  CHECK(!score(decoder, request({1}), {}).empty());
  std::filesystem::resize_file(model.path(), 64);
  expect_error(kFileUnreadable, "is cut", [&] { score(decoder, request({1}), {}); });
  expect_error(kFileUnreadable, "is cut", [&] { decoder.losses(kIds.data(), 16, 0, {}); });
}

void cancelled_openings_end() {
  const DecoderModel model(2);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(Decoder(model.spec(), {0, 1, &cancel}), Cancelled);
  CHECK_THROWS(LayerZero(model.spec(), {0, 1, &cancel}), Cancelled);
}

void cancelled_runs_end() {
  const DecoderModel model(2);
  Decoder decoder(model.spec(), 0);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(score(decoder, request({1}), {1, &cancel}), Cancelled);
  CHECK_THROWS(decoder.losses(kIds.data(), 16, 0, {1, &cancel}), Cancelled);
}

// What a decoder keeps for a length is not what another length needs.
void windows_do_not_depend_on_those_before() {
  const DecoderModel model(3);
  Decoder used(model.spec(), 0);
  for (const int32_t length : {40, 9, 300, 300, 40}) {
    ScoreRequest asked = request({1, 2});
    asked.ids.clear();
    for (int32_t n = 0; n < length; ++n) asked.ids.push_back(n * n % 31);
    asked.lengths = {length};
    Decoder fresh(model.spec(), 0);
    const auto got = score(used, asked, {}), want = score(fresh, asked, {});
    for (size_t i = 0; i < want.size(); ++i) {
      CHECK(got[i].ds == want[i].ds);
      CHECK(got[i].entropy == want[i].entropy);
    }
  }
}

// Off by about the rounding of the type, of which fp16 has an eighth of bf16's, and on any number of threads by the
// same.
void products_can_be_in_the_type_of_the_weights() {
  const DecoderModel model(3);
  ScoreRequest asked = request({1, 2});
  asked.ids.clear();
  for (int32_t n = 0; n < 300; ++n) asked.ids.push_back(n * n % 31);
  asked.lengths = {300};
  asked.k = {60};
  Decoder exact(model.spec(), 0);
  const auto want = score(exact, asked, {});
  const auto losses = exact.losses(asked.ids.data(), 300, 0, {});
  for (const auto& [type, relative] : {std::pair("bf16", 0.2), std::pair("f16", 0.2 / 8)}) {
    ModelSpec spec = model.spec();
    spec.values["forward.dtype"] = type;
    Decoder rounded(spec, 0);
    const auto got = score(rounded, asked, {1});
    const auto got_losses = rounded.losses(asked.ids.data(), 300, 0, {1, nullptr});
    for (size_t i = 0; i < want.size(); ++i) {
      CHECK(got[i].ds != want[i].ds);
      for (size_t h = 0; h < want[i].ds.size(); ++h) {
        CHECK(check::close(got[i].ds[h], want[i].ds[h], relative, 0));
        CHECK(check::close(got[i].variance[h], want[i].variance[h], relative, 0));
      }
    }
    // Random weights make logits that are far apart: what is off by a part of them is off by more nats.
    for (size_t n = 0; n < losses.size(); ++n) CHECK(check::close(got_losses[n], losses[n], 0, 2 * relative));
    if (type == std::string("bf16") && bf16::library_is_faster() && !bf16::has_product()) continue;
    for (const int threads : {2, 5}) {
      const auto again = score(rounded, asked, {threads});
      for (size_t i = 0; i < want.size(); ++i) {
        CHECK(again[i].ds == got[i].ds);
        CHECK(again[i].variance == got[i].variance);
      }
      CHECK(rounded.losses(asked.ids.data(), 300, 0, {threads}) == got_losses);
    }
  }
}

void losses_are_those_of_a_distribution() {
  const DecoderModel model(2);
  Decoder decoder(model.spec(), 0);
  // Over all possible next tokens the probabilities add up to 1.
  double sum = 0;
  for (int32_t next = 0; next < DecoderModel::kVocab; ++next) {
    const std::vector<int32_t> ids = {3, 1, 4, next};
    sum += std::exp(-decoder.losses(ids.data(), 4, 0, {}).back());
  }
  CHECK_MESSAGE(check::close(sum, 1, 1e-6, 0), std::to_string(sum));
  CHECK(decoder.losses(kIds.data(), 1, 0, {}).empty());
  // Near enough to see all: the same as all.
  const auto all = decoder.losses(kIds.data(), 16, 0, {}), near = decoder.losses(kIds.data(), 16, 16, {});
  for (size_t n = 0; n < all.size(); ++n) CHECK(check::close(near[n], all[n], 1e-6, 1e-6));
  const auto nearer = decoder.losses(kIds.data(), 16, 2, {});
  CHECK(check::close(nearer[4], all[4], 1e-6, 1e-6));  // the sink and the last 2 are all there is
  CHECK(std::fabs(nearer.back() - all.back()) > 1e-4);
  ModelSpec headless = model.spec();
  headless.tensors.erase("head");
  Decoder scores_only(headless, 0);
  expect_error(kHeadUnavailable, "head", [&] { scores_only.losses(kIds.data(), 16, 0, {}); });
}

// Wide enough for libtorch to share its element-wise operators out, at places that are no multiple of a vector.
void bits_do_not_depend_on_threads() {
  const DecoderModel model(3);
  Decoder decoder(model.spec(), 0);
  ScoreRequest asked = request({2});
  asked.ids.clear();
  for (int32_t n = 0; n < 4001; ++n) asked.ids.push_back(n * n % 31);
  asked.lengths = {4001};
  asked.k = {1000};
  const auto score_one = score(decoder, asked, {1, nullptr});
  const auto loss_one = decoder.losses(asked.ids.data(), 4001, 0, {1, nullptr});
  for (const int threads : {2, 3, 7}) {
    CHECK(score(decoder, asked, {threads, nullptr})[0].ds == score_one[0].ds);
    CHECK(decoder.losses(asked.ids.data(), 4001, 0, {threads, nullptr}) == loss_one);
  }
}

// Statistics and both losses of one run are those that each has by itself.
void one_run_has_the_numbers_of_three() {
  const DecoderModel model(3);
  Decoder decoder(model.spec(), 0);
  for (const int32_t length : {1, 2, 9, 65, 300}) {
    for (const int64_t near : {1, 5, 64, 400}) {
      ScoreRequest asked = request({0, 2});
      asked.ids.clear();
      for (int32_t n = 0; n < length; ++n) asked.ids.push_back(n * n % 31);
      asked.lengths = {length};
      asked.k = {near};
      const auto want = score(decoder, asked, {});
      const auto all = decoder.losses(asked.ids.data(), length, 0, {});
      const auto some = decoder.losses(asked.ids.data(), length, near, {});
      size_t seen = 0;
      const auto got = decoder.visit_and_losses(asked.ids.data(), length, asked.layers, near, {},
                                                [&](int64_t layer, AttentionProblem& problem) {
                                                  CHECK(layer == want[seen].layer);
                                                  problem.k = near;
                                                  const AttentionStats stats = attention_stats(problem, {});
                                                  CHECK(stats.heads[0].far_mass / length == want[seen++].ds[0]);
                                                });
      CHECK(seen == 2);
      CHECK(got.all == all);
      CHECK(got.near == some);
    }
  }
}

}  // namespace

int main() {
  layers_follow_the_spec();
  errors_name_what_is_wrong();
  cut_files_are_refused();
  windows_do_not_depend_on_those_before();
  files_cut_under_a_decoder_are_refused();
  cancelled_openings_end();
  cancelled_runs_end();
  products_can_be_in_the_type_of_the_weights();
  losses_are_those_of_a_distribution();
  bits_do_not_depend_on_threads();
  one_run_has_the_numbers_of_three();
  return check::exit_code();
}
