// Softcap, ALiBi, sliding windows, sink logits and the per-token masses, kernel by kernel against the float64
// reference.
#include <cstdlib>

#include "attention_fixture.h"

namespace {

using namespace fixture;

const float kSlopes[] = {0.5f, 0.1f, 0.01f};
const float kSinkLogits[] = {1.0f, -2.0f, 30.0f};

struct Variant {
  const char* name;
  void (*apply)(AttentionProblem&);
};

const Variant kVariants[] = {
    {"softcap", [](AttentionProblem& p) { p.softcap = 5; }},
    {"sliding 50", [](AttentionProblem& p) { p.sliding_window = 50; }},
    {"sliding 1", [](AttentionProblem& p) { p.sliding_window = 1; }},
    {"alibi", [](AttentionProblem& p) { p.alibi_slopes = kSlopes; }},
    {"sink logits", [](AttentionProblem& p) { p.sink_logits = kSinkLogits; }},
    {"all",
     [](AttentionProblem& p) {
       p.softcap = 20;
       p.sliding_window = 200;
       p.alibi_slopes = kSlopes;
       p.sink_logits = kSinkLogits;
     }},
};

void test_variant(const std::string& kernel, const Variant& variant, Content content, int64_t length) {
  const Shape shape = {length, 3, 1, 48};
  Table table(shape, content, 11);
  AttentionProblem p = problem_of(shape, table, length / 4);
  variant.apply(p);
  if (kernel == "avx512bf16") round_for_bf16(table, p);
  AttentionOptions options;
  options.token_far = true;
  compare(attention_stats(p, options), attention_stats_reference(p, options), length, Tolerance(),
          kernel + " " + variant.name + " content " + std::to_string(static_cast<int>(content)) + " L " +
              std::to_string(length));
}

// Heads that hardly look far: weights of e^-20 are summed as exactly as large ones, because the bias is added once and
// its slope is not rounded. Relative, with no absolute floor: such a head's variance is about 1e-20.
void test_steep_alibi(const std::string& kernel) {
  const Shape shape = {1000, 3, 1, 48};
  const float slopes[] = {0.2F, 0.1F, 0.07F};
  Table table(shape, Content::randn, 13);
  AttentionProblem p = problem_of(shape, table, 100);
  p.alibi_slopes = slopes;
  if (kernel == "avx512bf16") round_for_bf16(table, p);
  const AttentionStats got = attention_stats(p, AttentionOptions()),
                       want = attention_stats_reference(p, AttentionOptions());
  for (int h = 0; h < 3; ++h) {
    const double mass = got.heads[h].far_mass / want.heads[h].far_mass - 1;
    const double squares = got.heads[h].far_squares / want.heads[h].far_squares - 1;
    CHECK_MESSAGE(std::abs(mass) < 1e-7 && std::abs(squares) < 5e-7,
                  kernel + " steep alibi head " + std::to_string(h) + ": relative differences " +
                      std::to_string(1e9 * mass) + "e-9 of the mass, " + std::to_string(1e9 * squares) +
                      "e-9 of the squares");
  }
}

// What is not asked for is zero or empty, and changes nothing else.
void test_groups_off(const std::string& kernel) {
  const Shape shape = {300, 3, 1, 48};
  Table table(shape, Content::randn, 12);
  const AttentionProblem p = problem_of(shape, table, 75);
  AttentionOptions none;
  none.entropy = none.far_peak = false;
  const AttentionStats few = attention_stats(p, none);
  AttentionStats all = attention_stats(p, AttentionOptions());
  CHECK_MESSAGE(few.heads[0].entropy == 0 && few.heads[0].far_peak == 0 && few.token_far.empty(), kernel);
  CHECK_MESSAGE(all.heads[0].entropy > 0 && all.heads[0].far_peak > 0, kernel);
  for (HeadStats& head : all.heads) head.entropy = head.far_peak = 0;
  CHECK_MESSAGE(same_bits(few, all), kernel);
}

}  // namespace

int main() {
  for (const std::string& kernel : attention_kernels()) {
    if (kernel == "reference") continue;
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    for (const Variant& variant : kVariants)
      for (Content content : kContents)
        for (int64_t length : {1, 65, 300}) test_variant(kernel, variant, content, length);
    test_groups_off(kernel);
    test_steep_alibi(kernel);
  }
  return check::exit_code();
}
