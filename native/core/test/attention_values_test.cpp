// attention_values() against the definition, with each kernel; and alone or beside the statistics, the same bits of
// both.
#include <cstdlib>

#include "attend_cases.h"
#include "attention_fixture.h"

namespace {

using namespace attend_cases;
using namespace longattn;

// Rows of q [L, H, d] and k [L, Hkv, d].
class Rows : public HeadSource {
 public:
  explicit Rows(const Inputs& in) : in_(in) {}
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    copy(in_.q, in_.config.heads, head, row, count, out);
  }
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override {
    copy(in_.k, in_.config.kv_heads, kv_head, row, count, out);
  }

 private:
  void copy(const std::vector<float>& from, int64_t heads, int64_t head, int64_t row, int64_t count, float* out) const {
    const int64_t dim = in_.config.dim;
    for (int64_t i = 0; i < count; ++i) std::copy_n(&from[((row + i) * heads + head) * dim], dim, out + i * dim);
  }
  const Inputs& in_;
};

AttentionValues values_of(const Case& c, const Inputs& in, std::vector<float>& out) {
  out.assign(static_cast<size_t>(c.length * c.heads * c.value_dim), -1);
  AttentionValues values;
  values.v = in.v.data();
  values.dim = c.value_dim;
  values.near = std::min(c.near, c.length);
  values.out = out.data();
  return values;
}

std::vector<float> alone(const Case& c, const Inputs& in, int threads = 0, const std::atomic<bool>* cancel = nullptr) {
  Rows rows(in);
  std::vector<float> out;
  AttentionValues values = values_of(c, in, out);
  attention_values(attention_problem(in.config, c.length, rows), values, threads, cancel);
  CHECK(values.done);
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void by_definition(const Case& c) {
  const Inputs in = inputs_of(c);
  check_rows(c, in, alone(c, in).data());
}

// What is wanted beside it changes no bit of values and no bit of statistics, whatever is far.
void beside_statistics(const Case& c) {
  if (c.near > 0) return;  // of losses, which are never scored
  const Inputs in = inputs_of(c);
  const std::vector<float> want = alone(c, in);
  Rows rows(in);
  for (const int64_t k : {int64_t{0}, c.length / 4, c.length - 1}) {
    AttentionProblem problem = attention_problem(in.config, c.length, rows);
    problem.k = k;
    AttentionOptions options;
    options.token_far = true;
    const AttentionStats stats = attention_stats(problem, options);
    std::vector<float> out;
    AttentionValues values = values_of(c, in, out);
    problem.values = &values;
    const std::string where = std::string(c.name) + ", L = " + std::to_string(c.length) + ", k = " + std::to_string(k);
    CHECK_MESSAGE(fixture::same_bits(stats, attention_stats(problem, options)), where + ": statistics");
    CHECK_MESSAGE(values.done && same_bits(want, out), where + ": values");
  }
}

// Logits far beyond what the first keys of a row promise: sums overflow and rows are done again.
void growing_logits() {
  for (const float size : {30.0F, 300.0F}) {
    Case c{"growing logits", 500, 4, 2, 32, 40};
    c.query_size = size;
    Inputs in = inputs_of(c);
    for (int64_t i = 0; i < 40 * 2 * 32; ++i) in.k[i] *= 0.001F;
    check_rows(c, in, alone(c, in).data(), 1e-5);
    const std::vector<float> want = alone(c, in);
    Rows rows(in);
    AttentionProblem problem = attention_problem(in.config, c.length, rows);
    problem.k = 100;
    const AttentionStats stats = attention_stats(problem, {});
    std::vector<float> out;
    AttentionValues values = values_of(c, in, out);
    problem.values = &values;
    CHECK(fixture::same_bits(stats, attention_stats(problem, {})));
    CHECK(same_bits(want, out));
  }
}

void threads_and_cancellation() {
  const Case c{"threads", 700, 6, 3};
  const Inputs in = inputs_of(c);
  CHECK(same_bits(alone(c, in, 1), alone(c, in, 4)));
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(alone(c, in, 2, &cancel), Cancelled);
}

// A NaN is not taken for a masked key, and the rows before it do not see it.
void nan_stays() {
  const Case c{"nan", 200, 1, 1};
  for (const int64_t at : {100, 3}) {
    Inputs in = inputs_of(c);
    in.k[at * 16] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> out = alone(c, in);
    CHECK(std::isfinite(out[(at - 1) * 16]) && std::isnan(out[at * 16]) && std::isnan(out[199 * 16]));
  }
}

void refused() {
  const Case c{"refused", 10};
  const Inputs in = inputs_of(c);
  Rows rows(in);
  std::vector<float> out;
  AttentionValues values = values_of(c, in, out);
  const AttentionProblem problem = attention_problem(in.config, c.length, rows);
  values.near = 11;
  CHECK_THROWS(attention_values(problem, values, 1, nullptr), std::invalid_argument);
  values.near = 0;
  values.dim = 0;
  CHECK_THROWS(attention_values(problem, values, 1, nullptr), std::invalid_argument);
  CHECK(!values.done);
}

}  // namespace

int main() {
  for (const std::string& kernel : attention_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    if (kernel == "reference" || kernel == "avx512bf16") continue;
    for_each_case({1, 2, 6, 7, 64, 65, 97, 300}, by_definition);
    for_each_case({1, 2, 7, 65, 300}, beside_statistics);
    growing_logits();
    threads_and_cancellation();
    nan_stays();
    refused();
  }
  return check::exit_code();
}
