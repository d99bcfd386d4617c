// attend() against the definition, in float64 with a full matrix: every mask and every bend of the logits, lengths around the blocks.
#include "decoder/attend.h"

#include <cmath>
#include <random>

#undef CHECK  // torch has one of its own
#include "check.h"

namespace {

using longattn::AttentionConfig;
using longattn::kSinkKeys;
using longattn::NearMask;

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
};

at::Tensor random(std::mt19937& generator, int64_t length, int64_t heads, int64_t dim) {
  std::normal_distribution<float> normal;
  at::Tensor x = at::empty({length, heads, dim}, at::kFloat);
  float* data = x.data_ptr<float>();
  for (int64_t i = 0; i < x.numel(); ++i) data[i] = normal(generator);
  return x;
}

bool visible(const Case& c, int64_t n, int64_t i) {
  if (i > n || (c.window > 0 && n - i >= c.window)) return false;
  return c.near == 0 || n - i < c.near || i < kSinkKeys;
}

// Row n of head h, [value_dim].
std::vector<double> expected_row(const Case& c, const AttentionConfig& config, const float* q, const float* k,
                                 const float* v, int64_t n, int64_t h) {
  const int64_t kv = h / (c.heads / c.kv_heads);
  std::vector<double> logits;
  double top = config.sinks.empty() ? -INFINITY : config.sinks[h];
  for (int64_t i = 0; i <= n; ++i) {
    double logit = 0;
    for (int64_t j = 0; j < c.dim; ++j) {
      logit += static_cast<double>(q[(n * c.heads + h) * c.dim + j]) * k[(i * c.kv_heads + kv) * c.dim + j];
    }
    logit *= config.base.attention_scale;
    if (c.softcap > 0) logit = c.softcap * std::tanh(logit / c.softcap);
    if (c.alibi) logit += config.base.alibi_slopes[h] * static_cast<double>(i - n);
    logits.push_back(visible(c, n, i) ? logit : -INFINITY);
    top = std::max(top, logits.back());
  }
  double sum = config.sinks.empty() ? 0 : std::exp(config.sinks[h] - top);
  for (double& logit : logits) sum += logit = std::exp(logit - top);
  std::vector<double> row(static_cast<size_t>(c.value_dim));
  for (int64_t i = 0; i <= n; ++i) {
    for (int64_t j = 0; j < c.value_dim; ++j) row[j] += logits[i] / sum * v[(i * c.kv_heads + kv) * c.value_dim + j];
  }
  return row;
}

void run(const Case& c) {
  std::mt19937 generator(static_cast<unsigned>(c.length * 31 + c.near * 7 + c.window));
  AttentionConfig config;
  config.base.heads = c.heads;
  config.base.kv_heads = c.kv_heads;
  config.base.dim = c.dim;
  config.base.attention_scale = 0.4;
  config.base.softcap = c.softcap;
  config.base.sliding_window = c.window;
  for (int64_t h = 0; h < c.heads; ++h) {
    if (c.alibi) config.base.alibi_slopes.push_back(0.3F / static_cast<float>(h + 1));
    if (c.sinks) config.sinks.push_back(0.5F * static_cast<float>(h));
  }
  const at::Tensor q = random(generator, c.length, c.heads, c.dim);
  const at::Tensor k = random(generator, c.length, c.kv_heads, c.dim);
  const at::Tensor v = random(generator, c.length, c.kv_heads, c.value_dim);
  const at::Tensor out = attend(config, q, k, v, NearMask{c.near}, {});
  CHECK(out.size(0) == c.length && out.size(1) == c.heads * c.value_dim);
  const float* values = out.const_data_ptr<float>();
  double worst = 0;
  for (int64_t n = 0; n < c.length; n += std::max<int64_t>(1, c.length / 97)) {
    for (int64_t h = 0; h < c.heads; ++h) {
      const auto row = expected_row(c, config, q.const_data_ptr<float>(), k.const_data_ptr<float>(),
                                    v.const_data_ptr<float>(), n, h);
      for (int64_t j = 0; j < c.value_dim; ++j) {
        worst = std::max(worst, std::fabs(values[(n * c.heads + h) * c.value_dim + j] - row[j]));
      }
    }
  }
  CHECK_MESSAGE(worst < 2e-5, std::string(c.name) + ", L = " + std::to_string(c.length) + ": off by " + std::to_string(worst));
}

}  // namespace

int main() {
  const c10::InferenceMode inference;
  for (const int64_t length : {1, 2, 5, 63, 300, 1000}) {
    run({"plain", length});
    run({"one key head", length, 4, 1});
    run({"narrow values", length, 4, 4, 24, 16});
    run({"wide values", length, 4, 2, 8, 24});
    run({"sinks", length, 4, 2, 16, 16, 0, 0, 0, false, true});
    run({"window", length, 4, 2, 16, 16, 40});
    run({"window of 1", length, 4, 2, 16, 16, 1});
    run({"window with sinks", length, 4, 2, 16, 16, 40, 0, 0, false, true});
    run({"softcap", length, 4, 2, 16, 16, 0, 0, 2.5});
    run({"alibi", length, 4, 4, 16, 16, 0, 0, 0, true});
    for (const int64_t near : {1, 2, 3, 4, 7, 250}) {
      run({"near", length, 4, 2, 16, 16, 0, near});
      run({"near within a window", length, 4, 2, 16, 16, 40, near});
      run({"near with alibi and softcap", length, 4, 4, 16, 16, 0, near, 2.5, true});
    }
  }
  run({"many blocks", 5000, 8, 2, 16, 16, 0, 0, 2.5});
  return check::exit_code();
}
