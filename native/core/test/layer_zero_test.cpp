// Layer 0's Q and K, every feature of the lookup path, against plain float64; equal bits whatever the table holds.
#include "layer_zero/layer_zero.h"

#include <cstring>
#include <fstream>

#include "error_check.h"
#include "layer_zero/lookup.h"
#include "layer_zero_model.h"

using namespace longattn;
using fixture::LayerZeroModel;
using fixture::LayerZeroShape;

namespace {

constexpr int64_t kLength = 300;  // past one fine block of the angle table

std::vector<int32_t> some_ids(int64_t vocab, unsigned step = 7) {
  std::vector<int32_t> ids;
  for (int64_t n = 0; n < kLength; ++n) ids.push_back(static_cast<int32_t>((n * n + n * step) % vocab));
  return ids;
}

struct Rows {
  std::vector<float> q, k;  // [heads][L][dim], [kv_heads][L][dim]
  bool operator==(const Rows& other) const {
    return std::memcmp(q.data(), other.q.data(), q.size() * 4) == 0 &&
           std::memcmp(k.data(), other.k.data(), k.size() * 4) == 0;
  }
};

Rows rows_of(LayerZero& layer, const std::vector<int32_t>& ids, int threads = 2) {
  Rows rows;
  ProviderOptions options;
  options.threads = threads;
  layer.visit(ids.data(), static_cast<int64_t>(ids.size()), {0}, options, [&](int64_t, AttentionProblem& p) {
    rows.q.resize(p.heads * p.length * p.dim);
    rows.k.resize(p.kv_heads * p.length * p.dim);
    for (int64_t g = 0; g < p.kv_heads; ++g) {
      p.mutable_source->prepare_group(g);
      p.source->keys(g, 0, p.length, rows.k.data() + g * p.length * p.dim);
      for (int64_t h = g * p.heads / p.kv_heads; h < (g + 1) * p.heads / p.kv_heads; ++h) {
        // In two pieces: a kernel asks for blocks.
        p.source->queries(h, 0, 100, rows.q.data() + h * p.length * p.dim);
        p.source->queries(h, 100, p.length - 100, rows.q.data() + (h * p.length + 100) * p.dim);
      }
    }
  });
  return rows;
}

void compare(const LayerZeroShape& shape, const std::string& name) {
  const LayerZeroModel model(shape);
  const std::vector<int32_t> ids = some_ids(shape.vocab);
  LayerZero with_table(parse_model_spec(model.spec()), int64_t{1} << 24);
  const Rows rows = rows_of(with_table, ids);
  double worst = 0;
  const auto check = [&](const std::vector<double>& want, const float* got) {
    for (size_t j = 0; j < want.size(); ++j)
      worst = std::fmax(worst, std::fabs(got[j] - want[j]) / (1 + std::fabs(want[j])));
  };
  for (int64_t n = 0; n < kLength; ++n) {
    for (int64_t h = 0; h < shape.heads; ++h) check(model.query(h, ids[n], n), &rows.q[(h * kLength + n) * shape.dim]);
    for (int64_t g = 0; g < shape.kv_heads; ++g) check(model.key(g, ids[n], n), &rows.k[(g * kLength + n) * shape.dim]);
  }
  CHECK_MESSAGE(worst < 4e-6, name + " is off by " + std::to_string(worst * 1e6) + "e-6");

  // No table, threads, a table that other windows filled: the same bits.
  LayerZero without_table(parse_model_spec(model.spec()), 0);
  CHECK_MESSAGE(rows_of(without_table, ids) == rows, name + " without a table");
  CHECK_MESSAGE(rows_of(without_table, ids, 1) == rows, name + " on one thread");
  CHECK_MESSAGE(rows_of(with_table, ids, 5) == rows, name + " from the table");
  LayerZero filled(parse_model_spec(model.spec()), int64_t{1} << 24);
  rows_of(filled, std::vector<int32_t>(kLength, 3));
  rows_of(filled, some_ids(shape.vocab / 2, 1));
  CHECK_MESSAGE(rows_of(filled, ids) == rows, name + " after other windows");
}

void every_feature() {
  using S = LayerZeroShape;
  compare({}, "llama");
  compare(S{.dtype = "F16"}, "F16");
  compare(S{.dtype = "BF16"}, "BF16");
  compare(S{.kv_heads = 4}, "one query head a group");
  compare(S{.kv_heads = 1, .dim = 80, .rope_dim = 80}, "one group, d = 80");
  compare(S{.hidden = 600, .vocab = 290}, "several blocks of inputs and tokens");
  compare(S{.embed_scale = 3.5, .plus_one = true}, "scaled embedding, 1 + w");
  compare(S{.embed_norm = true, .norm = "layer", .bias = true}, "LayerNorm, biases");
  compare(S{.norm = "none", .clip = 0.5}, "no norm, clip");
  compare(S{.qk_norm = "rms"}, "norm of heads");
  compare(S{.qk_norm = "layer", .qk_per_head = true}, "norm with weights a head");
  compare(S{.qk_norm = "rms", .qk_full = true}, "norm over the full width");
  compare(S{.bias = true, .qk_norm = "layer", .qk_full = true}, "LayerNorm over the full width");
  compare(S{.qk_norm = "rms", .qk_after = true}, "norm after the rotation");
  compare(S{.rope_dim = 0}, "no rotation");
  compare(S{.interleaved = true}, "interleaved pairs");
  compare(S{.rope_dim = 0, .learned_positions = kLength}, "learned positions");
}

void counts_what_it_finds() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), int64_t{1} << 24);
  const std::vector<int32_t> ids = {1, 2, 2, 3};
  layer.visit(ids.data(), 4, {0}, {}, [](int64_t, AttentionProblem&) {});
  for (const auto& [name, value] : layer.counters()) CHECK_MESSAGE(value == 0, name + ": nobody asked for a row");
  const auto visit = [&] {
    layer.visit(ids.data(), 4, {0}, {}, [](int64_t, AttentionProblem& p) {
      for (int64_t g = 0; g < p.kv_heads; ++g) p.mutable_source->prepare_group(g);
    });
  };
  visit();
  CHECK(layer.counters().at("distinctTokens") == 3 && layer.counters().at("tokensFound") == 0);
  visit();
  CHECK(layer.counters().at("distinctTokens") == 6 && layer.counters().at("tokensFound") == 3);
  CHECK(layer.counters().at("tableRows") == 3);
  CHECK(layer.counters().at("tableBytes") > 0);
}

void overwrite(const LayerZeroModel& model, int64_t offset, float value) {
  std::fstream file(model.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offset);
  file.write(reinterpret_cast<const char*>(&value), sizeof value);
}

void names_bad_weights() {
  const LayerZeroShape shape;
  for (const std::string role : {"layers.0.q", "layers.0.k", "layers.0.norm"}) {
    const LayerZeroModel model(shape);
    overwrite(model, model.offset_of(role), NAN);
    CHECK_ERROR(LayerZero(parse_model_spec(model.spec()), 0), kWeightNotFinite, "tensor " + role + " in ");
  }
  const LayerZeroModel model(shape);
  overwrite(model, model.offset_of("embed") + 4 * (5 * shape.hidden + 3), INFINITY);
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  std::vector<int32_t> ids(kLength, 4);
  rows_of(layer, ids);
  ids[kLength - 1] = 5;
  CHECK_ERROR(rows_of(layer, ids), kWeightNotFinite, "tensor embed in " + model.file() + " holds NaN or Inf in row 5");
  ids[kLength - 1] = 6;
  rows_of(layer, ids);  // the failure left nothing behind
}

void refuses_contradictions() {
  const LayerZeroModel model({});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string spec = model.spec();
    const size_t at = spec.find(from);
    return LayerZero(parse_model_spec(spec.replace(at, from.size(), to)), 0);
  };
  CHECK_ERROR(with("set hidden 24", "set hidden 25"), kModelInvalid, "tensor ");
  CHECK_ERROR(with("set vocab 40", "set vocab 41"), kModelInvalid, "tensor embed");
  CHECK_ERROR(with("set heads 4", "set heads 6"), kModelInvalid, "tensor layers.0.q");
  CHECK_ERROR(with("set kv_heads 2", "set kv_heads 3"), kModelInvalid, "must divide heads");
  CHECK_ERROR(with("set head_dim 6", "set head_dim 513"), kModelInvalid, "from 1 to 512");
  CHECK_ERROR(with("set norm.eps", "# "), kModelInvalid, "norm.eps is missing");
  CHECK_ERROR(with("tensor layers.0.k ", "# "), kModelInvalid, "the tensor layers.0.k is missing");
  CHECK_ERROR(with("tensor embed ", "# "), kModelInvalid, "the tensor embed is missing");
}

void limits_learned_positions() {
  const LayerZeroModel model(LayerZeroShape{.rope_dim = 0, .learned_positions = kLength - 1});
  LayerZero layer(parse_model_spec(model.spec()), 0);
  CHECK_ERROR(rows_of(layer, some_ids(40)), kInvalidRequest, "299 learned positions");
}

void knows_what_it_can_do() {
  const LayerZeroModel model({});
  const std::string spec = model.spec();
  CHECK(lookup_knows(parse_model_spec(spec)));
  CHECK(lookup_alone(parse_model_spec(spec)));
  for (const std::string key : {"attention.kind full", "embed.width 8"})
    CHECK(!lookup_alone(parse_model_spec(spec + "set " + key + "\n")));
  const size_t begin = spec.find("tensor layers.0.q "), end = spec.find('\n', begin);
  const auto with_tensor = [&](const std::string& role) {
    std::string line = spec.substr(begin, end - begin);
    return parse_model_spec(spec + line.replace(line.find("layers.0.q"), 10, "layers.0." + role) + "\n");
  };
  CHECK(lookup_knows(with_tensor("v")));  // its heads, in a model that has more to do
  CHECK(!lookup_alone(with_tensor("v")));
  CHECK(!lookup_knows(with_tensor("q_norm.0")));
}

void stops_when_cancelled() {
  const LayerZeroModel model({});
  LayerZero layer(parse_model_spec(model.spec()), 1 << 24);
  const std::atomic<bool> cancel{true};
  const std::vector<int32_t> ids = {1, 2, 3};
  const auto first_group = [](int64_t, AttentionProblem& p) { p.mutable_source->prepare_group(0); };
  CHECK_THROWS((layer.visit(ids.data(), 3, {0}, {1, &cancel}, first_group), 0), Cancelled);
}

}  // namespace

int main() {
  every_feature();
  counts_what_it_finds();
  names_bad_weights();
  refuses_contradictions();
  limits_learned_positions();
  knows_what_it_can_do();
  stops_when_cancelled();
  return check::exit_code();
}
