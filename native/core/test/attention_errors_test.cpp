// What a kernel does with NaN, Inf, overflowing sums, a cancelled run, a source that throws, and a wrong setting.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "attention_fixture.h"

namespace {

using namespace fixture;

const Shape kShape = {700, 6, 2, 32};
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();

// The head that NotFinite names, or -1 if nothing is thrown.
int64_t bad_head(HeadSource& source, const Shape& shape = kShape) {
  try {
    attention_stats(problem_of(shape, source, 100), AttentionOptions());
  } catch (const NotFinite& error) {
    return error.head;
  }
  return -1;
}

void test_not_finite(const std::string& kernel) {
  for (float value : {kNaN, kInf, -kInf}) {
    Table in_query(kShape, Content::randn, 31), in_key(kShape, Content::randn, 31), in_last(kShape, Content::randn, 31);
    in_query.q[(4 * kShape.length + 123) * kShape.dim + 7] = value;
    in_query.q[(5 * kShape.length + 1) * kShape.dim] = value;
    in_key.k[(1 * kShape.length + 456) * kShape.dim + 3] = value;
    in_last.k.back() = value;  // seen by one row only, where -Inf would merely look like no attention
    CHECK_MESSAGE(bad_head(in_query) == 4, kernel + " query");
    CHECK_MESSAGE(bad_head(in_key) == 3, kernel + " key: the group's first head");
    CHECK_MESSAGE(bad_head(in_last) == 3, kernel + " last key");
  }
  // Finite inputs whose products pass float32: no number would be right (the float64 reference can still tell).
  Table huge(kShape, Content::randn, 32);
  for (float& x : huge.q) x *= 1e25f;
  for (float& x : huge.k) x *= 1e25f;
  if (kernel != "reference") CHECK_MESSAGE(bad_head(huge) == 0, kernel + " overflow of a product");
}

// A late key that outweighs all before it by 2^150: past what float32 holds beside the first shift.
void test_overflowing_sums(const std::string& kernel) {
  Table table(kShape, Content::randn, 33);
  for (int64_t row : {200, 431, 690})
    for (int64_t j = 0; j < kShape.dim; ++j) table.k[row * kShape.dim + j] = row % 2 ? 40.0f : 60.0f;
  for (float& x : table.q) x = std::fabs(x) + 0.25f;
  AttentionProblem p = problem_of(kShape, table, 150);
  if (kernel == "avx512bf16") round_for_bf16(table, p);
  compare(attention_stats(p, {}), attention_stats_reference(p, {}), kShape.length, Tolerance(), kernel + " overflow");
}

void test_cancel(const std::string& kernel) {
  Table table(kShape, Content::randn, 34);
  std::atomic<bool> cancel{true};
  AttentionOptions options;
  options.cancel = &cancel;
  CHECK_THROWS(attention_stats(problem_of(kShape, table, 100), options), Cancelled);
  cancel = false;
  CHECK_MESSAGE(attention_stats(problem_of(kShape, table, 100), options).heads.size() == 6, kernel);
}

// Cancels from within, while row blocks are at work, and throws from the second group on.
class Awkward : public Table {
 public:
  Awkward(std::atomic<bool>* cancel, bool throws)
      : Table(kShape, Content::randn, 35), cancel_(cancel), throws_(throws) {}
  void prepare_group(int64_t kv_head) override { groups += std::to_string(kv_head); }
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    if (head >= 3 && cancel_ != nullptr) cancel_->store(true);
    if (head >= 3 && throws_) throw std::length_error("source");
    Table::queries(head, row, count, out);
  }
  std::string groups;

 private:
  std::atomic<bool>* cancel_;
  bool throws_;
};

void test_sources(const std::string& kernel) {
  std::atomic<bool> cancel{false};
  AttentionOptions options;
  options.cancel = &cancel;
  Awkward cancelling(&cancel, false), throwing(nullptr, true), well(nullptr, false);
  CHECK_THROWS(attention_stats(problem_of(kShape, cancelling, 100), options), Cancelled);
  CHECK_THROWS(attention_stats(problem_of(kShape, throwing, 100), {}), std::length_error);
  attention_stats(problem_of(kShape, well, 100), {});
  CHECK_MESSAGE(well.groups == "01", kernel + " prepares groups in order: " + well.groups);
}

// Counts the rows asked for after the first query block has cancelled the run.
class Cancelling : public HeadSource {
 public:
  explicit Cancelling(std::atomic<bool>& cancel) : cancel_(cancel) {}
  void queries(int64_t, int64_t, int64_t count, float* out) const override {
    if (cancel_.exchange(true)) ++late;
    std::fill_n(out, count * 16, 0.5f);
  }
  void keys(int64_t, int64_t, int64_t count, float* out) const override { std::fill_n(out, count * 16, 0.5f); }
  mutable std::atomic<int> late{0};

 private:
  std::atomic<bool>& cancel_;
};

// A long window ends with the row blocks that are at work, no more than one a thread: a block of 32,768 keys takes
// milliseconds.
void test_cancel_of_a_long_window(const std::string& kernel) {
  std::atomic<bool> cancel{false};
  Cancelling source(cancel);
  AttentionOptions options;
  options.cancel = &cancel;
  options.threads = 2;
  CHECK_THROWS(attention_stats(problem_of({32768, 2, 1, 16}, source, 8192), options), Cancelled);
  CHECK_MESSAGE(source.late <= 1, kernel + " starts " + std::to_string(source.late) + " blocks after it was cancelled");
}

void test_float_state(const std::string& kernel) {
#if defined(__SSE2__)
  Table table(kShape, Content::randn, 36);
  const unsigned before = _mm_getcsr() & 0xffc0;  // without the sticky exception flags
  attention_stats(problem_of(kShape, table, 100), {});
  CHECK_MESSAGE((_mm_getcsr() & 0xffc0) == before, kernel + " restores the floating point state");
#else
  (void)kernel;
#endif
}

void test_problem_checks() {
  Table table(kShape, Content::randn, 37);
  const auto refuses = [&](void (*spoil)(AttentionProblem&)) {
    AttentionProblem p = problem_of(kShape, table, 100);
    spoil(p);
    CHECK_THROWS(attention_stats(p, {}), std::invalid_argument);
  };
  refuses([](AttentionProblem& p) { p.length = 0; });
  refuses([](AttentionProblem& p) { p.heads = 5; });
  refuses([](AttentionProblem& p) { p.kv_heads = 0; });
  refuses([](AttentionProblem& p) { p.dim = 513; });
  refuses([](AttentionProblem& p) { p.k = -1; });
  refuses([](AttentionProblem& p) { p.scale = kNaN; });
  refuses([](AttentionProblem& p) { p.softcap = -1; });
  refuses([](AttentionProblem& p) { p.sliding_window = -1; });
  refuses([](AttentionProblem& p) { p.source = nullptr; });
  refuses([](AttentionProblem& p) {
    static const float slopes[6] = {0, 0, kInf, 0, 0, 0};
    p.alibi_slopes = slopes;
  });
}

void test_variable() {
  setenv("LONGATTN_CPU_KERNEL", "sse9", 1);
  std::string message;
  try {
    attention_kernel();
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.find("sse9") != std::string::npos && message.find("portable") != std::string::npos, message);
  unsetenv("LONGATTN_CPU_KERNEL");
  CHECK(attention_kernel() == attention_kernels().front());
  CHECK(attention_kernel() != "avx512bf16" && attention_kernel() != "reference");
}

}  // namespace

int main() {
  for (const std::string& kernel : attention_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    CHECK_MESSAGE(attention_kernel() == kernel, kernel);
    test_not_finite(kernel);
    test_cancel(kernel);
    test_sources(kernel);
    test_float_state(kernel);
    if (kernel != "reference") test_overflowing_sums(kernel);
    if (kernel != "reference") test_cancel_of_a_long_window(kernel);
  }
  test_problem_checks();
  test_variable();
  return check::exit_code();
}
