#include "attention/exact_row.h"

#include <algorithm>
#include <cmath>

namespace longattn::attention {
namespace {

constexpr double kMinusInf = -HUGE_VAL;

double logit(const AttentionProblem& p, int64_t head, int64_t n, int64_t i, const float* q, const float* key) {
  if (p.sliding_window > 0 && n - i >= p.sliding_window) return kMinusInf;
  double dot = 0;
  for (int64_t j = 0; j < p.dim; ++j) dot += static_cast<double>(q[j]) * key[j];
  double s = static_cast<double>(p.scale) * dot;
  if (p.softcap > 0) s = p.softcap * std::tanh(s / p.softcap);
  if (p.alibi_slopes != nullptr) s += static_cast<double>(p.alibi_slopes[head]) * static_cast<double>(i - n);
  return s;
}

}  // namespace

void exact_logits(const AttentionProblem& p, int64_t head, int64_t n, const float* query, const float* keys,
                  double* s) {
  for (int64_t i = 0; i <= n; ++i) s[i] = logit(p, head, n, i, query, keys + i * p.dim);
}

Softmax exact_softmax(const AttentionProblem& p, int64_t head, int64_t n, const double* s) {
  double top = *std::max_element(s, s + n + 1);
  if (p.sink_logits != nullptr) top = std::max(top, static_cast<double>(p.sink_logits[head]));
  double normaliser = 0;
  for (int64_t i = 0; i <= n; ++i) normaliser += std::exp(s[i] - top);
  if (p.sink_logits != nullptr) normaliser += std::exp(p.sink_logits[head] - top);
  return {top, normaliser};
}

}  // namespace longattn::attention
