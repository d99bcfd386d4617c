// What one window of 32,768 tokens at the shape of a 135M model adds to the process: under 64 MB, even if nearly all of
// its tokens differ and the table may grow to a gigabyte. The resident set is read from Linux's /proc; elsewhere the
// test has nothing to see.
#include <cstdio>
#include <fstream>
#include <random>

#include "attention_stats.h"
#include "check.h"
#include "layer_zero/layer_zero.h"
#include "layer_zero_model.h"

using namespace longattn;

namespace {

constexpr int64_t kLength = 32768;
constexpr double kLimitBytes = 64e6;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // its shadow memory is no part of the product
#else
constexpr bool kSanitized = false;
#endif

double status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(field + ":", 0) == 0) return std::stod(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

// Hands out the first head group only: by its end everything is allocated, and the test takes a third of the time.
class FirstGroup : public HeadSource {
 public:
  explicit FirstGroup(AttentionProblem& problem) : inner_(*problem.mutable_source) {
    problem.source = problem.mutable_source = this;
  }
  void prepare_group(int64_t kv_head) override {
    if (kv_head > 0) throw Cancelled();
    inner_.prepare_group(kv_head);
  }
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    inner_.queries(head, row, count, out);
  }
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override {
    inner_.keys(kv_head, row, count, out);
  }

 private:
  HeadSource& inner_;
};

void score_first_group(LayerZero& layer, const std::vector<int32_t>& ids) {
  layer.visit(ids.data(), kLength, {0}, {}, [](int64_t, AttentionProblem& problem) {
    problem.k = kLength / 4;
    const FirstGroup group(problem);
    attention_stats(problem, {});
  });
}

}  // namespace

int main() {
  if (kSanitized || status_bytes("VmHWM") == 0) return 0;
  const fixture::LayerZeroModel model(
      {.hidden = 64, .vocab = 49152, .heads = 9, .kv_heads = 3, .dim = 64, .dtype = "F16", .rope_dim = 64});
  LayerZero layer(parse_model_spec(model.spec()), int64_t{1} << 30);
  std::vector<int32_t> ids;
  std::mt19937 engine(1);
  for (int64_t n = 0; n < kLength; ++n) ids.push_back(static_cast<int32_t>(engine() % 49152));
  std::ofstream("/proc/self/clear_refs") << 5;  // forget the peak of building the model
  const double before = status_bytes("VmRSS");
  CHECK_THROWS((score_first_group(layer, ids), 0), Cancelled);
  const double added = status_bytes("VmHWM") - before;
  std::printf("a window of %lld tokens adds %.1f MB\n", static_cast<long long>(kLength), added / 1e6);
  CHECK_MESSAGE(added < kLimitBytes, "a window adds " + std::to_string(added / 1e6) + " MB");
  CHECK(added > 1e6);
  return check::exit_code();
}
