// attend() against the definition, in float64 with a full matrix: every mask and every bend of the logits, lengths
// around the blocks.
#include <cmath>
#include <random>

#include "decoder/attend.h"

#undef CHECK  // torch has one of its own
#include "check.h"

namespace {

using longattn::AttendInput;
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

std::vector<float> random(std::mt19937& generator, int64_t count, float size = 1) {
  std::normal_distribution<float> normal(0, size);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
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

AttentionConfig config_of(const Case& c) {
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
  return config;
}

void run(const Case& c) {
  std::mt19937 generator(static_cast<unsigned>(c.length * 31 + c.near * 7 + c.window));
  const AttentionConfig config = config_of(c);
  const auto q = random(generator, c.length * c.heads * c.dim, c.query_size);
  const auto k = random(generator, c.length * c.kv_heads * c.dim);
  const auto v = random(generator, c.length * c.kv_heads * c.value_dim);
  std::vector<float> out(static_cast<size_t>(c.length * c.heads * c.value_dim));
  attend(config, {q.data(), k.data(), v.data(), c.length, c.value_dim, c.near}, {}, out.data());
  double worst = 0;
  for (int64_t n = 0; n < c.length; n += std::max<int64_t>(1, c.length / 97)) {
    for (int64_t h = 0; h < c.heads; ++h) {
      const auto row = expected_row(c, config, q.data(), k.data(), v.data(), n, h);
      for (int64_t j = 0; j < c.value_dim; ++j) {
        const double off = std::fabs(out[(n * c.heads + h) * c.value_dim + j] - row[j]);
        worst = off <= worst ? worst : off;  // NaN counts
      }
    }
  }
  const double allowed = 1e-5 * std::max(1.0F, c.query_size * c.query_size);
  CHECK_MESSAGE(worst < allowed,
                std::string(c.name) + ", L = " + std::to_string(c.length) + ": off by " + std::to_string(worst));
}

// Same bits for any number of threads; a cancelled run ends.
void threads_and_cancellation() {
  const Case c{"threads", 700, 6, 3};
  std::mt19937 generator(1);
  const AttentionConfig config = config_of(c);
  const auto q = random(generator, 700 * 6 * 16), k = random(generator, 700 * 3 * 16),
             v = random(generator, 700 * 3 * 16);
  const AttendInput input{q.data(), k.data(), v.data(), 700, 16, 0};
  std::vector<float> one(700 * 6 * 16), four(one.size());
  attend(config, input, {1, nullptr}, one.data());
  attend(config, input, {4, nullptr}, four.data());
  CHECK(one == four);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(attend(config, input, {2, &cancel}, one.data()), longattn::Cancelled);
}

// A NaN is not taken for a masked key.
void nan_stays() {
  const Case c{"nan", 200, 1, 1};
  std::mt19937 generator(2);
  const AttentionConfig config = config_of(c);
  const auto q = random(generator, 200 * 16), v = random(generator, 200 * 16);
  auto k = random(generator, 200 * 16);
  k[100 * 16] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> out(200 * 16);
  attend(config, {q.data(), k.data(), v.data(), 200, 16, 0}, {}, out.data());
  CHECK(std::isfinite(out[99 * 16]) && std::isnan(out[100 * 16]) && std::isnan(out[199 * 16]));
}

void all_cases() {
  for (const int64_t length : {1, 2, 6, 7, 64, 65, 97, 300}) {
    run({"plain", length});
    run({"one key head", length, 4, 1});
    run({"narrow values", length, 4, 4, 24, 16});
    run({"wide values", length, 4, 2, 8, 72});
    run({"large logits", length, 4, 2, 64, 16, 0, 0, 0, false, false, 20});
    run({"sinks", length, 4, 2, 16, 16, 0, 0, 0, false, true});
    run({"window", length, 4, 2, 16, 16, 40});
    run({"window of 1", length, 4, 2, 16, 16, 1});
    run({"window with sinks", length, 4, 2, 16, 16, 40, 0, 0, false, true});
    run({"softcap", length, 4, 2, 16, 16, 0, 0, 2.5});
    run({"softcap of large logits", length, 4, 2, 64, 16, 0, 0, 2.5, false, false, 20});
    run({"alibi", length, 4, 4, 16, 16, 0, 0, 0, true});
    for (const int64_t near : {1, 4, 7, 250}) {
      run({"near", length, 4, 2, 16, 16, 0, near});
      run({"near within a window", length, 4, 2, 16, 16, 40, near});
      run({"near with alibi and softcap", length, 4, 4, 16, 16, 0, near, 2.5, true});
    }
  }
  run({"several blocks", 1000, 4, 2, 16, 16, 300, 130});
  threads_and_cancellation();
  nan_stays();
}

}  // namespace

int main() {
  for (const char* kernel : {"portable", "avx2", "avx512"}) {
    setenv("LONGATTN_CPU_KERNEL", kernel, 1);
    all_cases();
  }
  return check::exit_code();
}
