// Equal bits: for any number of threads, for a window alone or after another, with or without the optional sums.
#include <cstdlib>

#include "attention_fixture.h"

namespace {

using namespace fixture;

const Shape kShape = {1100, 6, 2, 64};

AttentionOptions with_threads(int threads) {
  AttentionOptions options;
  options.threads = threads;
  options.token_far = true;
  return options;
}

void test_threads(const std::string& kernel) {
  Table table(kShape, Content::heavy_tailed, 21);
  const AttentionProblem p = problem_of(kShape, table, 300);
  const AttentionStats one = attention_stats(p, with_threads(1));
  for (int threads : {2, 3, 7}) {
    CHECK_MESSAGE(same_bits(one, attention_stats(p, with_threads(threads))),
                  kernel + " with " + std::to_string(threads) + " threads");
  }
}

// Fewer row blocks than threads.
void test_short(const std::string& kernel) {
  for (int64_t length : {1, 5, 97}) {
    const Shape shape = {length, 3, 1, 80};
    Table table(shape, Content::strong_sink, 24);
    const AttentionProblem p = problem_of(shape, table, length / 4);
    CHECK_MESSAGE(same_bits(attention_stats(p, with_threads(1)), attention_stats(p, with_threads(8))), kernel);
  }
}

void test_neighbours(const std::string& kernel) {
  Table first(kShape, Content::randn, 22), second(kShape, Content::strong_sink, 23);
  const AttentionProblem a = problem_of(kShape, first, 275), b = problem_of(kShape, second, 275);
  const AttentionStats alone = attention_stats(b, with_threads(2));
  attention_stats(a, with_threads(2));
  CHECK_MESSAGE(same_bits(alone, attention_stats(b, with_threads(2))), kernel + " after another window");
  CHECK_MESSAGE(!same_bits(alone, attention_stats(a, with_threads(2))), kernel + " tells windows apart");
}

}  // namespace

int main() {
  for (const std::string& kernel : attention_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    if (kernel == "reference") continue;
    test_threads(kernel);
    test_short(kernel);
    test_neighbours(kernel);
  }
  return check::exit_code();
}
