// Gates against float64, with each kernel; a number's bits wherever it stands.
#include "decoder/gate/gate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "attention_stats.h"
#include "check.h"

namespace {

using namespace longattn::gate;

std::vector<float> numbers() {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal(0, 4);
  std::vector<float> x = {0, -0.0F, 1, -1, 20, -20, 60, -60, 1e-20F, -1e-20F, 1e10F, 3e19F};
  while (x.size() < 1003) x.push_back(normal(generator));
  return x;
}

double expected(const Curve& curve, double x) {
  return x / (1 + std::exp(-x * (static_cast<double>(curve.linear) + static_cast<double>(curve.cubic) * x * x)));
}

void by_definition(const char* name, const Curve& curve, double allowed) {
  const std::vector<float> in = numbers(), up = [&] {
    std::vector<float> other = numbers();
    std::reverse(other.begin(), other.end());
    return other;
  }();
  std::vector<float> alone = in, times = in;
  multiply_gates(curve, static_cast<int64_t>(in.size()), alone.data(), nullptr);
  multiply_gates(curve, static_cast<int64_t>(in.size()), times.data(), up.data());
  for (size_t i = 0; i < in.size(); ++i) {
    const double want = expected(curve, in[i]);
    // Beneath float32's smallest numbers nothing is asked for.
    CHECK_MESSAGE(check::close(alone[i], want, allowed, 1e-36), std::string(name) + " of " + std::to_string(in[i]));
    if (std::abs(up[i]) < 100) CHECK(check::close(times[i], want * up[i], 2 * allowed, 1e-34));
    // At another place, of another count.
    float one = in[i];
    multiply_gates(curve, 1, &one, nullptr);
    CHECK(one == alone[i]);
  }
}

void sigmoid_by_definition() {
  std::vector<float> x = numbers();
  const std::vector<float> in = x;
  sigmoids(static_cast<int64_t>(x.size()), x.data());
  for (size_t i = 0; i < in.size(); ++i) {
    CHECK(check::close(x[i], 1 / (1 + std::exp(-static_cast<double>(in[i]))), 3e-6, 1e-36));
    float one = in[i];
    sigmoids(1, &one);
    CHECK(one == x[i]);
  }
}

void nan_stays() {
  float x[70] = {};
  x[3] = x[69] = std::numeric_limits<float>::quiet_NaN();
  multiply_gates(kSilu, 70, x, nullptr);
  CHECK(std::isnan(x[3]) && std::isnan(x[69]) && x[4] == 0);
}

}  // namespace

int main() {
  for (const std::string& kernel : longattn::attention_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    by_definition("silu", kSilu, 3e-6);
    by_definition("gpt_oss", kGptOss, 6e-6);
    by_definition("gelu_tanh", kGeluTanh, 1e-5);
    sigmoid_by_definition();
    nan_stays();
  }
  return check::exit_code();
}
