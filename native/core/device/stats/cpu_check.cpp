// Rounding is a matter of a number's leading bits: fp16's range is left out, because the kernels bring numbers into it
// by powers of two, and what they lose below it is 2^-25 of a number's own size at most.
#include "device/stats/cpu_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "device/stats/group_tensors.h"

namespace longattn::device {
namespace {

// 17 billion: a window of 32,768 tokens with 32 heads, some seconds of a small CPU.
constexpr double kMostLogits = 1.75e10;

// To nearest, ties to even, with `dropped` bits of the mantissa gone. NaN and Inf stay what they are.
void round_bits(float* values, int64_t count, int dropped) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    if ((bits & 0x7f800000u) == 0x7f800000u) continue;
    const uint32_t last = bits >> dropped & 1u;
    bits = (bits + (1u << (dropped - 1)) - 1 + last) >> dropped << dropped;
    std::memcpy(values + i, &bits, sizeof bits);
  }
}

class RoundedRows : public HeadSource {
 public:
  RoundedRows(HeadSource& source, Rounding rounding, int64_t dim)
      : source_(source),
        dropped_(rounding == Rounding::fp16   ? 13
                 : rounding == Rounding::bf16 ? 16
                                              : 0),
        dim_(dim) {}
  void prepare_group(int64_t kv_head) override { source_.prepare_group(kv_head); }
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    source_.queries(head, row, count, out);
    if (dropped_ > 0) round_bits(out, count * dim_, dropped_);
  }
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override {
    source_.keys(kv_head, row, count, out);
    if (dropped_ > 0) round_bits(out, count * dim_, dropped_);
  }

 private:
  HeadSource& source_;
  const int dropped_;
  const int64_t dim_;
};

// One group's rows, copied from the device.
class GroupRows : public HeadSource {
 public:
  explicit GroupRows(const GroupTensors& tensors) : q_(tensors.q.cpu()), k_(tensors.k.cpu()) {}
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    const int64_t length = q_.size(1), dim = q_.size(2);
    std::copy_n(q_.const_data_ptr<float>() + (head * length + row) * dim, count * dim, out);
  }
  void keys(int64_t, int64_t row, int64_t count, float* out) const override {
    std::copy_n(k_.const_data_ptr<float>() + row * k_.size(1), count * k_.size(1), out);
  }

 private:
  const at::Tensor q_, k_;  // [G, L, d], [L, d]
};

AttentionStats by_exact_kernel(const AttentionProblem& problem, const AttentionOptions& options) {
  const bool rounds = attention_kernel() == "avx512bf16";
  return rounds ? attention_stats_portable(problem, options) : attention_stats(problem, options);
}

struct Allowed {
  double mass, squares, entropy;  // of a mean over rows; relative; nats
};

// float32 on both sides; fp16 whose rotation was rounded otherwise in some numbers; bf16 against fp16.
Allowed allowed(Rounding rounding) {
  if (rounding == Rounding::none) return {1e-5, 1e-3, 1e-3};
  return rounding == Rounding::fp16 ? Allowed{1e-3, 2e-2, 1e-2} : Allowed{2e-2, 0.2, 0.2};
}

}  // namespace

AttentionStats cpu_stats(const AttentionProblem& problem, const AttentionOptions& options, Rounding rounding) {
  const auto length = static_cast<double>(problem.length);
  const int64_t group = problem.heads / problem.kv_heads;
  const auto most = static_cast<int64_t>(kMostLogits / (length * length / 2 * static_cast<double>(group)));
  AttentionProblem some = problem;  // its arrays begin with the same heads
  some.kv_heads = std::clamp<int64_t>(most, 1, problem.kv_heads);
  some.heads = some.kv_heads * group;
  RoundedRows rows(*problem.mutable_source, rounding, problem.dim);
  some.source = some.mutable_source = &rows;
  return by_exact_kernel(some, options);
}

std::string difference(const AttentionStats& got, const AttentionStats& want, int64_t length, Rounding rounding) {
  const Allowed most = allowed(rounding);
  const auto rows = static_cast<double>(length);
  double worst = 1;  // of what is allowed
  std::string what;
  size_t head = 0;
  const auto hold = [&](const std::string& name, double found, double expected, double limit) {
    const double off = std::fabs(found - expected) / limit;
    if (off <= worst) return;  // NaN is not
    worst = off;
    what = name + " of head " + std::to_string(head) + " is " + std::to_string(found) + ", and the CPU's is " +
           std::to_string(expected);
  };
  for (; head < want.heads.size(); ++head) {
    const HeadStats &a = got.heads[head], &b = want.heads[head];
    double squares = 0;
    for (int j = 0; j < kBins; ++j) squares += b.squares[j] + b.sink_squares[j];
    const double slack = most.squares * squares + 1e-18 * rows;
    hold("the far mass", a.far_mass / rows, b.far_mass / rows, most.mass);
    hold("the sum of far squares", a.far_squares, b.far_squares, slack);
    hold("the entropy", a.entropy / rows, b.entropy / rows, most.entropy);
    hold("the far peak", a.far_peak / rows, b.far_peak / rows, most.mass);
    for (int j = 0; j < kBins; ++j) {
      const std::string bin = " of distance bin " + std::to_string(j);
      hold("the mass" + bin, a.mass[j] / rows, b.mass[j] / rows, most.mass);
      hold("the sink's mass" + bin, a.sink_mass[j] / rows, b.sink_mass[j] / rows, most.mass);
      hold("the sum of squares" + bin, a.squares[j], b.squares[j], slack);
      hold("the sink's sum of squares" + bin, a.sink_squares[j], b.sink_squares[j], slack);
    }
  }
  return what;
}

bool cpu_finds_not_finite(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
                          int64_t head) {
  try {
    const int64_t group = problem.heads / problem.kv_heads, kv = head / group, first = kv * group;
    GroupRows source(read_group(rows, kv));
    AttentionProblem one = problem;
    one.heads = group;
    one.kv_heads = 1;
    if (one.alibi_slopes != nullptr) one.alibi_slopes += first;
    if (one.sink_logits != nullptr) one.sink_logits += first;
    one.source = one.mutable_source = &source;
    AttentionOptions heads_alone = options;
    heads_alone.token_far = false;
    by_exact_kernel(one, heads_alone);
  } catch (const NotFinite&) {
    return true;
  }
  return false;
}

}  // namespace longattn::device
