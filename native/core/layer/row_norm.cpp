// The two norms share everything but the mean, so they are one class with a kind.
#include "layer/row_norm.h"

#include <cmath>

namespace longattn {

RowNorm::RowNorm(Kind kind, double epsilon, bool plus_one, std::vector<float> weight, std::vector<float> bias)
    : kind_(kind), epsilon_(epsilon), weight_(weight.begin(), weight.end()), bias_(bias.begin(), bias.end()) {
  if (plus_one) {
    for (double& w : weight_) w += 1;
  }
}

RowNorm::Moments RowNorm::moments(const float* row, int64_t count) const {
  if (kind_ == Kind::none) return {};
  double mean = 0;
  if (kind_ == Kind::layer) {
    for (int64_t i = 0; i < count; ++i) mean += row[i];
    mean /= static_cast<double>(count);
  }
  double squares = 0;
  for (int64_t i = 0; i < count; ++i) squares += (row[i] - mean) * (row[i] - mean);
  return {mean, 1 / std::sqrt(squares / static_cast<double>(count) + epsilon_)};
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
