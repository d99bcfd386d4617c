// Frequencies of each rotary scaling rule, from their published definitions.
//
//   linear    Chen et al. 2023 (arXiv 2306.15595): positions divided by the factor
//   dynamic   NTK-aware base that grows with the length of *this* window, so windows stay independent of one another
//   llama3    low frequencies divided by the factor, high ones kept, a linear blend between
//   yarn      Peng et al. 2023 (arXiv 2309.00071): blend by the number of turns within the original length
//   longrope  Ding et al. 2024 (arXiv 2402.13753): one searched divisor a frequency, two sets switched by length
#include <algorithm>
#include <cmath>
#include <numbers>

#include "layer/rope.h"

namespace longattn {
namespace {

using std::numbers::pi;

std::vector<double> powers(double theta, int64_t dim) {
  std::vector<double> frequencies(static_cast<size_t>(dim / 2));
  for (int64_t j = 0; j < dim / 2; ++j) {
    frequencies[j] = std::pow(theta, -2.0 * static_cast<double>(j) / static_cast<double>(dim));
  }
  return frequencies;
}

std::vector<double> dynamic(const RopeConfig& config, int64_t length) {
  const double ratio =
      static_cast<double>(std::max(length, config.original_length)) / static_cast<double>(config.original_length);
  const auto dim = static_cast<double>(config.dim);
  const double growth = std::pow(config.factor * ratio - (config.factor - 1), dim / (dim - 2));
  return powers(config.theta * growth, config.dim);
}

std::vector<double> llama3(const RopeConfig& config) {
  std::vector<double> frequencies = powers(config.theta, config.dim);
  for (double& frequency : frequencies) {
    const double turns = static_cast<double>(config.original_length) * frequency / (2 * pi);
    const double kept = (turns - config.low_freq_factor) / (config.high_freq_factor - config.low_freq_factor);
    if (turns < config.low_freq_factor) {
      frequency /= config.factor;
    } else if (turns <= config.high_freq_factor) {
      frequency = (1 - kept) * frequency / config.factor + kept * frequency;
    }
  }
  return frequencies;
}

// The (real) dimension index whose frequency makes `turns` turns within the original length.
double dimension_of(const RopeConfig& config, double turns) {
  return static_cast<double>(config.dim) * std::log(static_cast<double>(config.original_length) / (turns * 2 * pi)) /
         (2 * std::log(config.theta));
}

std::vector<double> yarn(const RopeConfig& config) {
  double low = dimension_of(config, config.beta_fast);
  double high = dimension_of(config, config.beta_slow);
  if (config.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(config.dim - 1));
  if (low == high) high += 0.001;  // keeps the ramp finite
  std::vector<double> frequencies = powers(config.theta, config.dim);
  for (size_t j = 0; j < frequencies.size(); ++j) {
    const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
    frequencies[j] = frequencies[j] / config.factor * ramp + frequencies[j] * (1 - ramp);
  }
  return frequencies;
}

std::vector<double> longrope(const RopeConfig& config, int64_t length) {
  const std::vector<double>& divisors = length > config.original_length ? config.long_factor : config.short_factor;
  std::vector<double> frequencies = powers(config.theta, config.dim);
  for (size_t j = 0; j < frequencies.size(); ++j) frequencies[j] /= divisors[j];
  return frequencies;
}

std::vector<double> forward_frequencies(const RopeConfig& config, int64_t length) {
  switch (config.type) {
    case RopeConfig::Type::none:
      return {};
    case RopeConfig::Type::standard:
      return powers(config.theta, config.dim);
    case RopeConfig::Type::linear: {
      std::vector<double> frequencies = powers(config.theta, config.dim);
      for (double& frequency : frequencies) frequency /= config.factor;
      return frequencies;
    }
    case RopeConfig::Type::dynamic:
      return dynamic(config, length);
    case RopeConfig::Type::llama3:
      return llama3(config);
    case RopeConfig::Type::yarn:
      return yarn(config);
    case RopeConfig::Type::longrope:
      return longrope(config, length);
  }
  return {};
}

}  // namespace

std::vector<double> rope_frequencies(const RopeConfig& config, int64_t length) {
  std::vector<double> frequencies = forward_frequencies(config, length);
  if (config.reversed) {
    for (double& frequency : frequencies) frequency = -frequency;
  }
  return frequencies;
}

}  // namespace longattn
