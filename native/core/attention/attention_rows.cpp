// Exact rows: the keys of one KV head in memory, then row by row in float64. A few rows cost little, so nothing is
// blocked; threads take whole rows, and a mean adds its heads in order.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "attention/check_problem.h"
#include "attention/exact_row.h"
#include "attention/failures.h"
#include "attention_maps.h"
#include "parallel_rows.h"

namespace longattn {
namespace attention {
namespace {

constexpr int64_t kKeyRows = 512;  // read at a time

class ExactRows {
 public:
  ExactRows(const AttentionProblem& problem, const std::vector<int64_t>& rows, const MapOptions& options)
      : p_(problem),
        rows_(rows),
        o_(options),
        failures_(options.cancel),
        threads_(thread_count(options.threads)),
        keys_needed_(rows.empty() ? 0 : *std::max_element(rows.begin(), rows.end()) + 1),
        keys_(keys_needed_ * p_.dim),
        sums_(o_.mean ? rows.size() : 0),
        result_(o_.mean ? 1 : o_.heads.size(), std::vector<std::vector<float>>(rows.size())) {}

  std::vector<std::vector<std::vector<float>>> all_groups() {
    const int64_t group = p_.heads / p_.kv_heads;
    for (size_t first = 0, end = 0; first < o_.heads.size() && !rows_.empty(); first = end) {
      const int64_t kv = o_.heads[first] / group;
      while (end < o_.heads.size() && o_.heads[end] / group == kv) ++end;
      if (failures_.cancelled()) throw Cancelled();
      if (p_.mutable_source != nullptr) p_.mutable_source->prepare_group(kv);
      load_keys(kv, o_.heads[first]);
      failures_.rethrow();
      one_group(first, end);
      failures_.rethrow();
    }
    for (size_t r = 0; r < sums_.size(); ++r)
      for (double sum : sums_[r])
        result_[0][r].push_back(static_cast<float>(sum / static_cast<double>(o_.heads.size())));
    return std::move(result_);
  }

 private:
  void load_keys(int64_t kv, int64_t head) {
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (int64_t first = 0; first < keys_needed_; first += kKeyRows)
      failures_.guard(head, [&] {
        const int64_t count = std::min(kKeyRows, keys_needed_ - first);
        float* out = keys_.data() + first * p_.dim;
        p_.source->keys(kv, first, count, out);
        if (!all_finite(out, count * p_.dim)) failures_.not_finite(head);
      });
  }

  void one_group(size_t first, size_t end) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads_)
    for (int64_t r = 0; r < static_cast<int64_t>(rows_.size()); ++r)
      for (size_t h = first; h < end; ++h) failures_.guard(o_.heads[h], [&] { one_row(h, r); });
  }

  void one_row(size_t h, int64_t r) {
    const int64_t n = rows_[r], head = o_.heads[h];
    std::vector<float> query(p_.dim);
    p_.source->queries(head, n, 1, query.data());
    if (!all_finite(query.data(), p_.dim)) return failures_.not_finite(head);
    std::vector<double> s(n + 1);
    exact_logits(p_, head, n, query.data(), keys_.data(), s.data());
    const Softmax softmax = exact_softmax(p_, head, n, s.data());
    if (!std::isfinite(softmax.normaliser)) return failures_.not_finite(head);
    for (double& x : s) x = std::exp(x - softmax.top) / softmax.normaliser;
    if (!o_.mean) return result_[h][r].assign(s.begin(), s.end());
    sums_[r].resize(n + 1);
    for (int64_t i = 0; i <= n; ++i) sums_[r][i] += s[i];
  }

  const AttentionProblem& p_;
  const std::vector<int64_t>& rows_;
  const MapOptions& o_;
  Failures failures_;
  const int threads_;
  const int64_t keys_needed_;
  std::vector<float> keys_;                // [keys_needed_][dim] of the group at work
  std::vector<std::vector<double>> sums_;  // [rows][n + 1] over the heads, for a mean
  std::vector<std::vector<std::vector<float>>> result_;
};

}  // namespace
}  // namespace attention

std::vector<std::vector<std::vector<float>>> attention_rows(const AttentionProblem& p, const std::vector<int64_t>& rows,
                                                            const MapOptions& options) {
  attention::check_map_problem(p, options);
  for (const int64_t row : rows)
    if (row < 0 || row >= p.length)
      throw std::invalid_argument("attention row must be from 0 to " + std::to_string(p.length - 1) + ", not " +
                                  std::to_string(row) + ".");
  return attention::ExactRows(p, rows, options).all_groups();
}

}  // namespace longattn
