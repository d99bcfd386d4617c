// Flash attention's logsumexps against the float64 reference: far mass, squares, variance, entropy, tokens, the sink's
// bins, and with all edges the other bins too. On the CPU in float32, on a GPU in fp16 as well.
#include <ATen/Parallel.h>

#include <algorithm>

#include "attention_fixture.h"
#include "lse.h"
#include "test_device.h"

namespace {

using namespace fixture;

AttentionOptions lse_options() {
  AttentionOptions options;
  options.token_far = true;
  options.far_peak = false;
  return options;
}

AttentionStats lse(const AttentionProblem& p, const AttentionOptions& options, bool bins, at::ScalarType type) {
  AttentionStats result;
  std::vector<double> tokens(p.length);
  for (int64_t kv = 0; kv < p.kv_heads; ++kv) {
    const bench::GroupResult group =
        bench::lse_group(p, options, bench::in_type(group_of(p, kv, test_device()), type), bins);
    result.heads.insert(result.heads.end(), group.heads.begin(), group.heads.end());
    for (int64_t i = 0; i < group.token_far.numel(); ++i)
      tokens[i % p.length] += group.token_far.const_data_ptr<float>()[i] / static_cast<double>(p.heads);
  }
  result.token_far.assign(tokens.begin(), tokens.end());
  return result;
}

// Differences of large sums leave less of a small bin, and logits of tens of nats less of a logsumexp.
Tolerance lse_tolerance() {
  Tolerance t;
  t.ds = 3e-6;
  t.squares = 5e-5;
  t.bin_slack = 2e-5;
  t.entropy = 2e-5;
  if (test_device().is_cuda()) {  // torch's float32 attention may multiply in TF32
    t.ds = t.token = 1e-3;
    t.squares = t.entropy = 5e-3;
    t.bin_slack = 1e-3;
  }
  return t;
}

void test_shape(const Shape& shape, Content content, int64_t k, bool with_sinks, bool bins) {
  Table table(shape, content, 11);
  AttentionProblem p = problem_of(shape, table, k);
  const std::vector<float> sinks(shape.heads, 1.5f);
  if (with_sinks) p.sink_logits = sinks.data();
  AttentionStats want = attention_stats_reference(p, lse_options());
  if (!bins)
    for (HeadStats& head : want.heads) {
      std::fill_n(head.mass, kBins, 0.0);
      std::fill_n(head.squares, kBins, 0.0);
    }
  compare(lse(p, lse_options(), bins, at::kFloat), want, shape.length, lse_tolerance(),
          "lse content " + std::to_string(static_cast<int>(content)) + " L " + std::to_string(shape.length) + " d " +
              std::to_string(shape.dim) + " k " + std::to_string(k));
}

// fp16 and bf16 lose what rounding the inputs loses: held to twice the error of the reference on rounded inputs.
void test_rounded(at::ScalarType type) {
  const Shape shape = {512, 8, 8, 64};
  Table table(shape, Content::heavy_tailed, 41), rounded = table;
  const AttentionProblem p = problem_of(shape, table, 128);
  for (std::vector<float>* values : {&rounded.q, &rounded.k}) {
    const at::Tensor tensor = at::from_blob(values->data(), {static_cast<int64_t>(values->size())}, at::kFloat);
    tensor.copy_(tensor.to(type));
  }
  const AttentionStats want = attention_stats_reference(p, lse_options());
  const AttentionStats plain = attention_stats_reference(problem_of(shape, rounded, 128), lse_options());
  const AttentionStats got = lse(p, lse_options(), false, type);
  const auto error = [&](const AttentionStats& stats, auto field) {
    double sum = 0;
    for (size_t h = 0; h < want.heads.size(); ++h) sum += std::pow(field(stats.heads[h]) / field(want.heads[h]) - 1, 2);
    return std::sqrt(sum / static_cast<double>(want.heads.size()));
  };
  const auto hold = [&](const char* name, double slack, auto field) {
    CHECK_MESSAGE(
        error(got, field) <= 2 * error(plain, field) + slack,
        std::string(name) + ": " + std::to_string(error(got, field)) + " > 2 * " + std::to_string(error(plain, field)));
  };
  hold("far mass", 1e-5, [](const HeadStats& s) { return s.far_mass; });
  hold("far squares", 1e-5, [](const HeadStats& s) { return s.far_squares; });
  // The entropy comes from attention's output, which is rounded to the type too.
  hold("entropy", type == at::kHalf ? 5e-4 : 4e-3, [](const HeadStats& s) { return s.entropy; });
}

}  // namespace

int main() {
  at::set_num_threads(1);  // hundreds of tiny windows: waking threads would be most of the time
  for (int64_t length : {1, 2, 5, 33, 100, 257})
    for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7})
      test_shape({length, 3, 1, 16}, Content::randn, k, false, true);
  for (Content content : kContents)
    for (bool sinks : {false, true}) test_shape({600, 4, 2, 64}, content, 150, sinks, true);
  test_shape({300, 2, 2, 20}, Content::randn, 77, false, false);  // a width that has to be padded
  if (test_device().is_cuda()) test_rounded(at::kHalf);
  test_rounded(at::kBFloat16);
  return check::exit_code();
}
