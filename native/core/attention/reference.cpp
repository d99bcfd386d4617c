// The oracle: every definition written out for one row at a time, in float64, with nothing clever.
//
// It keeps the keys of one KV head and one row of logits, never L x L. Speed does not matter here; being obviously
// right does.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attention/check_problem.h"
#include "attention/exact_row.h"
#include "attention_stats.h"

namespace longattn {
namespace {

int bin_of(int64_t length, int64_t distance) {
  int j = 0;
  while (bin_edge(length, j + 1) <= distance) ++j;
  return j;
}

// Adds row n with logits s[0..n] to the head's sums; returns F_n(k).
double add_row(const AttentionProblem& p, int64_t head, int64_t n, const std::vector<double>& s, HeadStats& stats) {
  const auto [top, normaliser] = attention::exact_softmax(p, head, n, s.data());
  double far_mass = 0, far_peak = 0;
  for (int64_t i = 0; i <= n; ++i) {
    const double m = std::exp(s[i] - top) / normaliser;
    const int64_t distance = n - i;
    const int bin = bin_of(p.length, distance);
    const bool sink = i < kSinkKeys;
    (sink ? stats.sink_mass : stats.mass)[bin] += m;
    (sink ? stats.sink_squares : stats.squares)[bin] += m * m;
    if (m > 0) stats.entropy -= m * (s[i] - top - std::log(normaliser));
    if (distance < p.k) continue;
    far_mass += m;
    stats.far_squares += m * m;
    if (!sink) far_peak = std::max(far_peak, m);
  }
  stats.far_mass += far_mass;
  stats.far_peak += far_peak;
  return far_mass;
}

}  // namespace

AttentionStats attention_stats_reference(const AttentionProblem& p, const AttentionOptions& options) {
  attention::check_problem(p, options);
  const int64_t group = p.heads / p.kv_heads;
  std::vector<float> keys(p.length * p.dim), q(p.dim);
  std::vector<double> s(p.length), token_far(p.length);
  AttentionStats result;
  result.heads.resize(p.heads);
  for (int64_t head = 0; head < p.heads; ++head) {
    if (head % group == 0) {
      if (p.mutable_source != nullptr) p.mutable_source->prepare_group(head / group);
      p.source->keys(head / group, 0, p.length, keys.data());
      if (!attention::all_finite(keys.data(), p.length * p.dim)) throw NotFinite(head);
    }
    for (int64_t n = 0; n < p.length; ++n) {
      poll(options.cancel);
      p.source->queries(head, n, 1, q.data());
      if (!attention::all_finite(q.data(), p.dim)) throw NotFinite(head);
      attention::exact_logits(p, head, n, q.data(), keys.data(), s.data());
      token_far[n] += add_row(p, head, n, s, result.heads[head]) / static_cast<double>(p.heads);
    }
    if (!options.entropy) result.heads[head].entropy = 0;
    if (!options.far_peak) result.heads[head].far_peak = 0;
  }
  if (options.token_far) result.token_far.assign(token_far.begin(), token_far.end());
  return result;
}

}  // namespace longattn
