// The bf16 kernel may lose what bf16 loses: its error against float64 is held to twice that of plain bf16 attention,
// which is the float64 reference on inputs rounded to bf16.
#include <algorithm>
#include <cstdlib>

#include "attention_fixture.h"

namespace {

using namespace fixture;

constexpr double kFloat32 = 2e-6;  // where rounding the inputs changes nothing, float32 sums still differ from float64

// Root mean square, over heads, of the relative error of one number a head.
template <typename Field>
double error(const AttentionStats& got, const AttentionStats& want, const Field& field) {
  double sum = 0;
  for (size_t h = 0; h < want.heads.size(); ++h) sum += std::pow(field(got.heads[h]) / field(want.heads[h]) - 1, 2);
  return std::sqrt(sum / static_cast<double>(want.heads.size()));
}

void test_content(Content content, int64_t dim) {
  const Shape shape = {600, 16, 16, dim};
  Table exact(shape, content, 41), rounded = exact;
  const AttentionProblem p = problem_of(shape, exact, 150);
  AttentionProblem plain = problem_of(shape, rounded, 150);
  round_for_bf16(rounded, plain);
  plain.scale = p.scale;
  const AttentionStats want = attention_stats_reference(p, {}), plain_bf16 = attention_stats_reference(plain, {});
  const AttentionStats got = attention_stats(p, {});
  const auto compare_field = [&](const char* name, const auto& field) {
    const double ours = error(got, want, field), allowed = 2 * error(plain_bf16, want, field) + kFloat32;
    CHECK_MESSAGE(ours <= allowed, std::string(name) + " content " + std::to_string(static_cast<int>(content)) + " d " +
                                       std::to_string(dim) + ": " + std::to_string(ours) + " > " +
                                       std::to_string(allowed));
  };
  compare_field("DS", [](const HeadStats& s) { return s.far_mass; });
  compare_field("variance", [](const HeadStats& s) { return variance(s, 600); });
  compare_field("entropy", [](const HeadStats& s) { return s.entropy; });
  compare_field("far peak", [](const HeadStats& s) { return s.far_peak; });
}

}  // namespace

int main() {
  const std::vector<std::string> kernels = attention_kernels();
  if (std::find(kernels.begin(), kernels.end(), "avx512bf16") == kernels.end())
    return check::skipped("this CPU has no AVX-512-BF16");
  setenv("LONGATTN_CPU_KERNEL", "avx512bf16", 1);
  for (int64_t dim : {16, 64, 80, 128})
    for (Content content : {Content::randn, Content::heavy_tailed, Content::strong_sink}) test_content(content, dim);
  // Beside this fixture's sink, 144 nats at d = 256, float32 holds nothing of the far peak.
  for (Content content : {Content::randn, Content::heavy_tailed}) test_content(content, 256);
  return check::exit_code();
}
