// The fused kernel on a GPU against the float64 reference: shapes, contents, minimum distances, sink logits; the same
// bits every time; numbers that are not finite; fp16 and bf16 against plain half-precision attention.
//
// Without a GPU it says so and passes: whether a GPU was there stands in the output of scripts/gpu-check.
#include <algorithm>
#include <cstdlib>

#include "attention_fixture.h"
#include "cuda/device.h"
#include "cuda/device_stats.h"
#include "cuda/fused/fused_group.h"
#include "test_device.h"

namespace {

using namespace fixture;

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

void test_shape(DeviceStats& stats, const Shape& shape, Content content, int64_t k, float sink = 0) {
  Table table(shape, content, 5);
  round_to(table, at::kHalf);
  AttentionProblem p = problem_of(shape, table, k);
  const std::vector<float> sinks(shape.heads, sink);
  if (sink != 0) p.sink_logits = sinks.data();
  const AttentionStats got = stats(p, with_tokens());
  compare(got, attention_stats_reference(p, with_tokens()), shape.length, fused_tolerance(),
          describe(shape, content, k));
  CHECK_MESSAGE(same_bits(got, stats(p, with_tokens())), "other bits: " + describe(shape, content, k));
}

void test_not_finite(DeviceStats& stats) {
  const Shape shape = {300, 4, 2, 64};
  Table table(shape, Content::randn, 7);
  table.q[3 * 300 * 64 + 64 * 200 + 5] = std::nanf("");
  CHECK_THROWS(stats(problem_of(shape, table, 3), {}), NotFinite);
  for (float& x : table.q) x = 3e38f;  // bf16 holds it; the products overflow
  for (float& x : table.k) x = 3e38f;
  CHECK_THROWS(stats(problem_of(shape, table, 3), {}), NotFinite);
}

// Twice the error of attention computed plainly from rounded inputs, against float64.
void test_rounding(at::ScalarType type) {
  const Shape shape = {1024, 8, 8, 128};
  Table table(shape, Content::heavy_tailed, 41), rounded = table;
  round_to(rounded, type);
  const AttentionProblem p = problem_of(shape, table, 256), q = problem_of(shape, rounded, 256);
  const AttentionStats want = attention_stats_reference(p, {}), plain = attention_stats_reference(q, {});
  const at::Device gpu(at::kCUDA, 0);
  for (int64_t kv = 0; kv < shape.kv_heads; ++kv) {
    const device::GroupResult got = device::fused_group(p, {}, group_of(p, kv, gpu, type));
    const auto hold = [&](const char* name, auto field) {
      const double exact = field(want.heads[kv]), error = std::fabs(field(got.heads[0]) / exact - 1),
                   allowed = 2 * std::fabs(field(plain.heads[kv]) / exact - 1) + 2e-5;
      CHECK_MESSAGE(error <= allowed, std::string(name) + " head " + std::to_string(kv) + ": " + std::to_string(error) +
                                          " > " + std::to_string(allowed));
    };
    hold("DS", [](const HeadStats& s) { return s.far_mass; });
    hold("variance", [](const HeadStats& s) { return variance(s, 1024); });
    hold("entropy", [](const HeadStats& s) { return s.entropy; });
    hold("far peak", [](const HeadStats& s) { return s.far_peak; });
  }
}

}  // namespace

int main() {
  if (cuda_devices().empty()) {
    std::puts("skipped: this machine has no CUDA device");
    return 0;
  }
  setenv("LONGATTN_CUDA_KERNEL", "fused", 1);
  DeviceStats stats({Placement::Kind::cuda, 0});
  for (int64_t dim : {16, 64, 80, 128, 256})
    for (int64_t length : {1, 2, 63, 64, 65, 127, 128, 129, 300})
      for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7})
        test_shape(stats, {length, 3, 1, dim}, Content::randn, k);
  for (int64_t dim : {64, 128, 256})
    for (Content content : kContents) test_shape(stats, {1500, 4, 2, dim}, content, 375);
  test_shape(stats, {700, 2, 1, 128}, Content::heavy_tailed, 123, 2.5f);
  for (int64_t k : {2048, 2049}) test_shape(stats, {8192, 2, 1, 128}, Content::heavy_tailed, k);
  test_not_finite(stats);
  test_rounding(at::kHalf);
  test_rounding(at::kBFloat16);
  return check::exit_code();
}
