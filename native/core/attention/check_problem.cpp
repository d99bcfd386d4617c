#include "attention/check_problem.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace longattn::attention {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& value, const std::string& allowed) {
  throw std::invalid_argument("attention " + field + " must be " + allowed + ", not " + value + ".");
}

}  // namespace

void check_problem(const AttentionProblem& p, const AttentionOptions& options) {
  if (p.length < 1) refuse("length", std::to_string(p.length), "at least 1");
  if (p.kv_heads < 1) refuse("kv_heads", std::to_string(p.kv_heads), "at least 1");
  if (p.heads < 1 || p.heads % p.kv_heads != 0)
    refuse("heads", std::to_string(p.heads), "a multiple of kv_heads = " + std::to_string(p.kv_heads));
  if (p.dim < 1 || p.dim > kMaxDim) refuse("dim", std::to_string(p.dim), "from 1 to " + std::to_string(kMaxDim));
  if (p.k < 0) refuse("k", std::to_string(p.k), "at least 0");
  if (!std::isfinite(p.scale)) refuse("scale", std::to_string(p.scale), "finite");
  if (!std::isfinite(p.softcap) || p.softcap < 0) refuse("softcap", std::to_string(p.softcap), "0 (none) or positive");
  if (p.sliding_window < 0) refuse("sliding_window", std::to_string(p.sliding_window), "0 (none) or positive");
  if (p.source == nullptr) refuse("source", "null", "a HeadSource");
  if (options.threads < 0) refuse("threads", std::to_string(options.threads), "0 (all) or positive");
  for (const float* per_head : {p.alibi_slopes, p.sink_logits})
    if (per_head != nullptr && !all_finite(per_head, p.heads))
      refuse("alibi slope or sink logit", "NaN or Inf", "finite");
}

void check_values(const AttentionValues& values, int64_t near) {
  if (values.dim < 1) refuse("value dim", std::to_string(values.dim), "at least 1");
  if (values.near < 0 || values.near > near)
    refuse("near", std::to_string(values.near), "from 0 (none) to " + std::to_string(near));
  if (values.v == nullptr || values.out == nullptr) refuse("values", "null", "arrays");
}

void check_map_problem(const AttentionProblem& p, const MapOptions& options) {
  AttentionOptions threads;
  threads.threads = options.threads;
  check_problem(p, threads);
  if (options.heads.empty()) refuse("heads", "none", "at least one head");
  for (size_t h = 0; h < options.heads.size(); ++h) {
    if (options.heads[h] < 0 || options.heads[h] >= p.heads)
      refuse("head", std::to_string(options.heads[h]), "from 0 to " + std::to_string(p.heads - 1));
    if (h > 0 && options.heads[h] <= options.heads[h - 1])
      refuse("heads", std::to_string(options.heads[h]) + " after " + std::to_string(options.heads[h - 1]),
             "ascending and distinct");
  }
}

void check_blocks(const AttentionProblem& p, int64_t blocks) {
  const int64_t most = std::min(p.length, kMaxMapBlocks);
  if (blocks < 1 || blocks > most) refuse("map blocks", std::to_string(blocks), "from 1 to " + std::to_string(most));
}

bool all_finite(const float* values, int64_t count) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bad |= static_cast<uint32_t>((bits & 0x7f800000u) == 0x7f800000u);
  }
  return bad == 0;
}

}  // namespace longattn::attention
