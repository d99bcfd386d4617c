// Looks up, fills, gathers and rotates.
#include "layer_zero/window_heads.h"

#include <algorithm>
#include <unordered_map>

#include "parallel_rows.h"

namespace longattn {
namespace {

// What one window may add to the table: a window's memory stays small, and what recurs comes in with the next ones.
constexpr int64_t kMaxGrowthBytes = int64_t{16} << 20;

}  // namespace

WindowHeads::WindowHeads(const AttentionConfig& config, const TokenProjector& projector, TokenTable& table,
                         uint64_t model, const int32_t* ids, int64_t length, const ProviderOptions& options)
    : config_(config),
      projector_(projector),
      table_(table),
      model_(model),
      ids_(ids),
      length_(length),
      options_(options),
      threads_(thread_count(options.threads)),
      rope_(config.rope, length) {}

void WindowHeads::look_up() {
  std::vector<TokenAt> wanted;
  if (by_position()) {
    for (int64_t n = 0; n < length_; ++n) wanted.push_back({ids_[n], n});
    counts_.distinct = length_;
  } else {
    wanted = absent_tokens();
  }
  counts_.found = counts_.distinct - static_cast<int64_t>(wanted.size());
  // A row that depends on its position too is of no use to another window.
  if (!by_position()) fill_table(wanted);
  counts_.table_rows = table_.used();
  counts_.table_bytes = table_.bytes();
  missing_ = std::move(wanted);

  std::unordered_map<int32_t, int32_t> missing_index;
  for (size_t i = 0; i < missing_.size() && !by_position(); ++i) {
    missing_index.emplace(static_cast<int32_t>(missing_[i].token), static_cast<int32_t>(i));
  }
  if (!missing_.empty() && projector_.needs_moments()) {
    moments_.resize(missing_.size());
    projector_.moments(missing_.data(), static_cast<int64_t>(missing_.size()), threads_, moments_.data());
  }
  for (int64_t n = 0; n < length_; ++n) {
    const int32_t slot = by_position() ? TokenTable::kAbsent : table_.slot(ids_[n]);
    const int32_t missing = by_position()                 ? static_cast<int32_t>(n)
                            : slot == TokenTable::kAbsent ? missing_index.at(ids_[n])
                                                          : 0;
    rows_.push_back(slot != TokenTable::kAbsent ? slot : ~missing);
  }
}

// Distinct tokens of the window that are not in the table, the most frequent first: those are worth a place in it.
std::vector<TokenAt> WindowHeads::absent_tokens() {
  std::vector<int32_t> sorted(ids_, ids_ + length_);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::pair<int64_t, TokenAt>> counted;
  counts_.distinct = 0;
  for (auto first = sorted.begin(); first != sorted.end(); ++counts_.distinct) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    if (table_.slot(*first) == TokenTable::kAbsent) counted.push_back({last - first, {*first, 0}});
    first = last;
  }
  std::stable_sort(counted.begin(), counted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<TokenAt> tokens;
  for (const auto& [count, token] : counted) tokens.push_back(token);
  return tokens;
}

void WindowHeads::project(const TokenAt* tokens, int64_t count, float* out) const {
  poll(options_.cancel);
  const int64_t width = projector_.row_floats(config_.kv_heads);
  projector_.project(tokens, count, 0, config_.kv_heads, nullptr, threads_, [&](int64_t i) { return out + i * width; });
}

// Takes the tokens that fit from the front of `wanted` into the table.
void WindowHeads::fill_table(std::vector<TokenAt>& wanted) {
  const int64_t row_bytes = projector_.row_floats(config_.kv_heads) * static_cast<int64_t>(sizeof(float));
  const int64_t fitting =
      std::min({table_.room(), std::max<int64_t>(1, kMaxGrowthBytes / row_bytes), static_cast<int64_t>(wanted.size())});
  for (int64_t first = 0; first < fitting; first += projector_.block_rows()) {
    poll(options_.cancel);
    const int64_t count = std::min(projector_.block_rows(), fitting - first);
    table_.reserve(count);
    const int32_t slot = table_.next();
    projector_.project(wanted.data() + first, count, 0, config_.kv_heads, nullptr, threads_,
                       [&](int64_t i) { return table_.row(slot + static_cast<int32_t>(i)); });
    std::vector<int64_t> tokens;
    for (int64_t i = 0; i < count; ++i) tokens.push_back(wanted[first + i].token);
    table_.commit(tokens.data(), count);
  }
  wanted.erase(wanted.begin(), wanted.begin() + fitting);
}

void WindowHeads::prepare_group(int64_t kv_head) {
  if (rows_.empty()) look_up();
  group_ = kv_head;
  if (missing_.empty()) return;
  const int64_t width = config_.group_rows();
  const auto count = static_cast<int64_t>(missing_.size());
  scratch_.resize(static_cast<size_t>(count * width));
  for (int64_t first = 0; first < count; first += projector_.block_rows()) {
    poll(options_.cancel);
    projector_.project(missing_.data() + first, std::min(projector_.block_rows(), count - first), kv_head, 1,
                       moments_.empty() ? nullptr : moments_.data() + first, threads_,
                       [&](int64_t i) { return scratch_.data() + (first + i) * width; });
  }
}

const float* WindowHeads::group_row(int64_t position) const {
  const int32_t row = rows_[position];
  return row >= 0 ? table_.row(row) + group_ * config_.group_rows()
                  : scratch_.data() + static_cast<int64_t>(~row) * config_.group_rows();
}

void WindowHeads::head_rows(int64_t from, int64_t row, int64_t count, float* out) const {
  for (int64_t i = 0; i < count; ++i) {
    float* to = out + i * config_.dim;
    std::copy_n(group_row(row + i) + from, config_.dim, to);
    rope_.rotate(row + i, to);
  }
}

void WindowHeads::queries(int64_t head, int64_t row, int64_t count, float* out) const {
  head_rows(head % config_.group() * config_.dim, row, count, out);
  for (int64_t i = 0; i < count; ++i) projector_.query_norm_after(head, out + i * config_.dim);
}

void WindowHeads::keys(int64_t kv_head, int64_t row, int64_t count, float* out) const {
  head_rows(config_.group() * config_.dim, row, count, out);
  for (int64_t i = 0; i < count; ++i) projector_.key_norm_after(kv_head, out + i * config_.dim);
}

}  // namespace longattn
