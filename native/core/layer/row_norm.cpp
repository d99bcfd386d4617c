// The two norms share everything but the mean, so they are one class with a kind.
#include "layer/row_norm.h"

#include <cmath>

namespace longattn {
namespace {

// term(0) + .. + term(count - 1), as eight sums side by side: in one, each addition would wait for the one before.
template <typename Term>
double sum(int64_t count, const Term& term) {
  constexpr int64_t kSums = 8;
  double sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (int64_t j = 0; j < kSums; ++j) sums[j] += term(i + j);
  }
  for (int64_t j = 0; i < count; ++i, ++j) sums[j] += term(i);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

RowNorm::RowNorm(Kind kind, double epsilon, bool plus_one, std::vector<float> weight, std::vector<float> bias)
    : kind_(kind), epsilon_(epsilon), weight_(weight.begin(), weight.end()), bias_(bias.begin(), bias.end()) {
  if (plus_one) {
    for (double& w : weight_) w += 1;
  }
}

RowNorm::Moments RowNorm::moments(const float* row, int64_t count) const {
  if (kind_ == Kind::none) return {};
  const auto width = static_cast<double>(count);
  const double mean =
      kind_ == Kind::layer ? sum(count, [&](int64_t i) { return static_cast<double>(row[i]); }) / width : 0;
  const double squares = sum(count, [&](int64_t i) { return (row[i] - mean) * (row[i] - mean); });
  return {mean, 1 / std::sqrt(squares / width + epsilon_)};
}

void RowNorm::apply(const Moments& moments, float* row, int64_t count, int64_t from) const {
  if (kind_ == Kind::none) return;
  for (int64_t i = 0; i < count; ++i) {
    double value = (row[i] - moments.mean) * moments.inverse;
    if (!weight_.empty()) value *= weight_[from + i];
    if (!bias_.empty()) value += bias_[from + i];
    row[i] = static_cast<float>(value);
  }
}

}  // namespace longattn
