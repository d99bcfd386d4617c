// Attention with values by the definition, in float64 with a full matrix, for every mask and every softcap and bias of
// the logits, at lengths around the blocks. Included after torch, whose CHECK it replaces.
#pragma once

#include <cmath>
#include <random>

#include "check.h"
#include "layer/attention_config.h"
#include "windows/layer_provider.h"

namespace attend_cases {

using longattn::AttentionConfig;
using longattn::kSinkKeys;

struct Case {
  const char* name;
  int64_t length;
  int64_t heads = 4;
  int64_t kv_heads = 2;
  int64_t dim = 16;
  int64_t value_dim = 16;
  int64_t window = 0;
  int64_t near = 0;
  double softcap = 0;
  bool alibi = false;
  bool sinks = false;
  float query_size = 1;
};

inline std::vector<float> random(std::mt19937& generator, int64_t count, float size = 1) {
  std::normal_distribution<float> normal(0, size);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

inline bool visible(const Case& c, int64_t n, int64_t i) {
  if (i > n || (c.window > 0 && n - i >= c.window)) return false;
  return c.near == 0 || n - i < c.near || i < kSinkKeys;
}

// Row n of head h, [value_dim].
inline std::vector<double> expected_row(const Case& c, const AttentionConfig& config, const float* q, const float* k,
                                        const float* v, int64_t n, int64_t h) {
  const int64_t kv = h / (c.heads / c.kv_heads);
  std::vector<double> logits;
  double top = config.sink_logits.empty() ? -INFINITY : config.sink_logits[h];
  for (int64_t i = 0; i <= n; ++i) {
    double logit = 0;
    for (int64_t j = 0; j < c.dim; ++j) {
      logit += static_cast<double>(q[(n * c.heads + h) * c.dim + j]) * k[(i * c.kv_heads + kv) * c.dim + j];
    }
    logit *= config.attention_scale;
    if (c.softcap > 0) logit = c.softcap * std::tanh(logit / c.softcap);
    if (c.alibi) logit += config.alibi_slopes[h] * static_cast<double>(i - n);
    logits.push_back(visible(c, n, i) ? logit : -INFINITY);
    top = std::max(top, logits.back());
  }
  double sum = config.sink_logits.empty() ? 0 : std::exp(config.sink_logits[h] - top);
  for (double& logit : logits) sum += logit = std::exp(logit - top);
  std::vector<double> row(static_cast<size_t>(c.value_dim));
  for (int64_t i = 0; i <= n; ++i) {
    for (int64_t j = 0; j < c.value_dim; ++j) row[j] += logits[i] / sum * v[(i * c.kv_heads + kv) * c.value_dim + j];
  }
  return row;
}

inline AttentionConfig config_of(const Case& c) {
  AttentionConfig config;
  config.heads = c.heads;
  config.kv_heads = c.kv_heads;
  config.dim = c.dim;
  config.attention_scale = 0.4;
  config.softcap = c.softcap;
  config.sliding_window = c.window;
  for (int64_t h = 0; h < c.heads; ++h) {
    if (c.alibi) config.alibi_slopes.push_back(0.3F / static_cast<float>(h + 1));
    if (c.sinks) config.sink_logits.push_back(0.5F * static_cast<float>(h));
  }
  return config;
}

struct Inputs {
  AttentionConfig config;
  std::vector<float> q, k, v;  // [L, H, d], [L, Hkv, d], [L, Hkv, dv]
};

inline Inputs inputs_of(const Case& c) {
  std::mt19937 generator(static_cast<unsigned>(c.length * 31 + c.near * 7 + c.window));
  Inputs in{config_of(c), {}, {}, {}};
  in.q = random(generator, c.length * c.heads * c.dim, c.query_size);
  in.k = random(generator, c.length * c.kv_heads * c.dim);
  in.v = random(generator, c.length * c.kv_heads * c.value_dim);
  return in;
}

// out [L, H, dv] against some rows of the definition; `allowed` grows with the logits.
inline void check_rows(const Case& c, const Inputs& in, const float* out, double allowed = 1e-5) {
  double worst = 0;
  for (int64_t n = 0; n < c.length; n += std::max<int64_t>(1, c.length / 97)) {
    for (int64_t h = 0; h < c.heads; ++h) {
      const auto row = expected_row(c, in.config, in.q.data(), in.k.data(), in.v.data(), n, h);
      for (int64_t j = 0; j < c.value_dim; ++j) {
        const double off = std::fabs(out[(n * c.heads + h) * c.value_dim + j] - row[j]);
        worst = off <= worst ? worst : off;  // NaN counts
      }
    }
  }
  CHECK_MESSAGE(worst < allowed * std::max(1.0F, c.query_size * c.query_size),
                std::string(c.name) + ", L = " + std::to_string(c.length) + ": off by " + std::to_string(worst));
}

template <typename Run>
void for_each_case(const std::vector<int64_t>& lengths, const Run& run) {
  for (const int64_t length : lengths) {
    run(Case{"plain", length});
    run(Case{"one key head", length, 4, 1});
    run(Case{"narrow values", length, 4, 4, 24, 16});
    run(Case{"wide values", length, 4, 2, 8, 72});
    run(Case{"large logits", length, 4, 2, 64, 16, 0, 0, 0, false, false, 20});
    run(Case{"sinks", length, 4, 2, 16, 16, 0, 0, 0, false, true});
    run(Case{"window", length, 4, 2, 16, 16, 40});
    run(Case{"window of 1", length, 4, 2, 16, 16, 1});
    run(Case{"window with sinks", length, 4, 2, 16, 16, 40, 0, 0, false, true});
    run(Case{"softcap", length, 4, 2, 16, 16, 0, 0, 2.5});
    run(Case{"softcap of large logits", length, 4, 2, 64, 16, 0, 0, 2.5, false, false, 20});
    run(Case{"alibi", length, 4, 4, 16, 16, 0, 0, 0, true});
    for (const int64_t near : {1, 4, 7, 250}) {
      run(Case{"near", length, 4, 2, 16, 16, 0, near});
      run(Case{"near within a window", length, 4, 2, 16, 16, 40, near});
      run(Case{"near with alibi and softcap", length, 4, 4, 16, 16, 0, near, 2.5, true});
    }
  }
  run(Case{"several blocks", 1000, 4, 2, 16, 16, 300, 130});
}

}  // namespace attend_cases
