// Looks up, fills, gathers and rotates.
#include "window_heads.h"

#include <algorithm>
#include <unordered_map>

#include "parallel_rows.h"

namespace longattn {
namespace {

// What one window may add to the table: a window's memory stays small, and what recurs comes in with the next ones.
constexpr int64_t kMaxGrowthBytes = int64_t{16} << 20;

}  // namespace

WindowHeads::WindowHeads(const LayerZeroConfig& config, const TokenProjector& projector, TokenTable& table,
                         const int32_t* ids, int64_t length, const ProviderOptions& options)
    : config_(config),
      projector_(projector),
      table_(table),
      options_(options),
      threads_(thread_count(options.threads)),
      rope_(config.rope, length),
      rows_(static_cast<size_t>(length)) {
  const bool by_position = config.positions == Positions::learned;
  std::vector<TokenAt> wanted;
  if (by_position) {
    for (int64_t n = 0; n < length; ++n) wanted.push_back({ids[n], n});
    distinct_ = length;
  } else {
    wanted = absent_tokens(ids, length, table);
  }
  found_ = distinct_ - static_cast<int64_t>(wanted.size());
  // A row that depends on its position too is of no use to another window.
  if (!by_position) fill_table(table, wanted);
  missing_ = std::move(wanted);

  std::unordered_map<int32_t, int32_t> missing_index;
  for (size_t i = 0; i < missing_.size() && !by_position; ++i) {
    missing_index.emplace(static_cast<int32_t>(missing_[i].token), static_cast<int32_t>(i));
  }
  for (int64_t n = 0; n < length; ++n) {
    const int32_t slot = by_position ? TokenTable::kAbsent : table.slot(ids[n]);
    rows_[n] = slot != TokenTable::kAbsent ? slot : ~(by_position ? static_cast<int32_t>(n) : missing_index.at(ids[n]));
  }
  if (!missing_.empty() && projector.needs_moments()) {
    moments_.resize(missing_.size());
    projector.moments(missing_.data(), static_cast<int64_t>(missing_.size()), threads_, moments_.data());
  }
  projector.release_pages();
}

// Distinct tokens of the window that are not in the table, the most frequent first: those are worth a place in it.
std::vector<TokenAt> WindowHeads::absent_tokens(const int32_t* ids, int64_t length, const TokenTable& table) {
  std::vector<int32_t> sorted(ids, ids + length);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::pair<int64_t, TokenAt>> counted;
  for (auto first = sorted.begin(); first != sorted.end(); ++distinct_) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    if (table.slot(*first) == TokenTable::kAbsent) counted.push_back({last - first, {*first, 0}});
    first = last;
  }
  std::stable_sort(counted.begin(), counted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<TokenAt> tokens;
  for (const auto& [count, token] : counted) tokens.push_back(token);
  return tokens;
}

void WindowHeads::poll_cancel() const {
  if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) throw Cancelled();
}

// Takes the tokens that fit from the front of `wanted` into the table.
void WindowHeads::fill_table(TokenTable& table, std::vector<TokenAt>& wanted) {
  const int64_t row_bytes = projector_.row_floats(config_.kv_heads) * static_cast<int64_t>(sizeof(float));
  const int64_t fitting =
      std::min({table.room(), std::max<int64_t>(1, kMaxGrowthBytes / row_bytes), static_cast<int64_t>(wanted.size())});
  for (int64_t first = 0; first < fitting; first += projector_.block_rows()) {
    poll_cancel();
    const int64_t count = std::min(projector_.block_rows(), fitting - first);
    table.reserve(count);
    const int32_t slot = table.next();
    projector_.project(wanted.data() + first, count, 0, config_.kv_heads, nullptr, threads_,
                       [&](int64_t i) { return table.row(slot + static_cast<int32_t>(i)); });
    std::vector<int64_t> tokens;
    for (int64_t i = 0; i < count; ++i) tokens.push_back(wanted[first + i].token);
    table.commit(tokens.data(), count);
  }
  wanted.erase(wanted.begin(), wanted.begin() + fitting);
}

void WindowHeads::prepare_group(int64_t kv_head) {
  group_ = kv_head;
  if (missing_.empty()) return;
  const int64_t width = config_.group_rows();
  const auto count = static_cast<int64_t>(missing_.size());
  scratch_.resize(static_cast<size_t>(count * width));
  for (int64_t first = 0; first < count; first += projector_.block_rows()) {
    poll_cancel();
    projector_.project(missing_.data() + first, std::min(projector_.block_rows(), count - first), kv_head, 1,
                       moments_.empty() ? nullptr : moments_.data() + first, threads_,
                       [&](int64_t i) { return scratch_.data() + (first + i) * width; });
  }
  projector_.release_pages();
}

int64_t WindowHeads::distinct_count() {
  if (config_.qk_norm_after) return 0;
  if (!distinct_rows_.empty()) return static_cast<int64_t>(distinct_rows_.size());
  std::unordered_map<int32_t, int32_t> seen;
  for (const int32_t row : rows_) {
    const auto [found, is_new] = seen.emplace(row, static_cast<int32_t>(distinct_rows_.size()));
    if (is_new) distinct_rows_.push_back(row);
    distinct_index_.push_back(found->second);
  }
  return static_cast<int64_t>(distinct_rows_.size());
}

const float* WindowHeads::distinct_row(int64_t row) const {
  return row_of(distinct_rows_[row]);
}

const float* WindowHeads::group_row(int64_t position) const {
  return row_of(rows_[position]);
}

const float* WindowHeads::row_of(int32_t row) const {
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
