// RMSNorm and LayerNorm of one row, in float64, with and without weights: in front of the attention and on Q and K.
//
// float64 because a row is cheap next to its projection, and because LayerNorm of a row with a large mean loses digits
// in fp32.
#pragma once

#include <cstdint>
#include <vector>

namespace longattn {

class RowNorm {
 public:
  enum class Kind { none, rms, layer };

  // What a row's norm depends on, apart from the weights: y = (x - mean) * inverse.
  struct Moments {
    double mean = 0;
    double inverse = 1;
  };

  RowNorm() = default;  // none
  // weight and bias: [n] or empty. plus_one: the weight is 1 + w.
  RowNorm(Kind kind, double epsilon, bool plus_one, std::vector<float> weight, std::vector<float> bias);

  Kind kind() const { return kind_; }
  double epsilon() const { return epsilon_; }
  const std::vector<double>& weight() const { return weight_; }  // [n] or empty, with the 1 of plus_one
  const std::vector<double>& bias() const { return bias_; }      // [n] or empty
  Moments moments(const float* row, int64_t count) const;
  // row[i] = (row[i] - mean) * inverse * weight[from + i] + bias[from + i], i < count. `from` counts in the weights.
  void apply(const Moments& moments, float* row, int64_t count, int64_t from = 0) const;
  void operator()(float* row, int64_t count, int64_t from = 0) const { apply(moments(row, count), row, count, from); }

 private:
  Kind kind_ = Kind::none;
  double epsilon_ = 0;
  std::vector<double> weight_;
  std::vector<double> bias_;
};

}  // namespace longattn
