// Checks the request, asks for rows and map of every layer that is visited.
#include "windows/window_attention.h"

#include <algorithm>
#include <string>

#include "attention_maps.h"
#include "windows/window_checks.h"

namespace longattn {
namespace {

void refuse(const std::string& name, int64_t value, const std::string& allowed) {
  throw Error(kInvalidRequest, name + " must not be " + std::to_string(value) + ". It must be " + allowed + ".");
}

std::string range(int64_t first, int64_t last) {
  return "an integer from " + std::to_string(first) + " to " + std::to_string(last);
}

void check_rows_and_blocks(const WindowAttentionRequest& request, int64_t length) {
  for (const int64_t row : request.rows)
    if (row < 0 || row >= length) refuse("row", row, range(0, length - 1));
  const int64_t most = std::min(length, kMaxMapBlocks);
  if (request.blocks < 0 || request.blocks > most)
    refuse("blocks", request.blocks, range(0, most) + ": the window has " + std::to_string(length) + " tokens");
}

// How many heads there are is known only once a layer is.
void check_heads(const std::vector<int64_t>& heads, int64_t available) {
  if (heads.empty()) throw Error(kInvalidRequest, "heads must not be empty.");
  for (size_t h = 0; h < heads.size(); ++h) {
    if (heads[h] < 0 || heads[h] >= available) refuse("head", heads[h], range(0, available - 1));
    if (h > 0 && heads[h] <= heads[h - 1]) throw Error(kInvalidRequest, "heads must be ascending and distinct.");
  }
}

}  // namespace

std::vector<HeadAttention> window_attention(LayerProvider& provider, const WindowAttentionRequest& request,
                                            const ProviderOptions& options) {
  const auto length = static_cast<int64_t>(request.ids.size());
  check_layers(request.layers, provider.layers());
  check_windows({length}, request.ids.size(), "k", {0});
  check_tokens(request.ids.data(), length, provider.vocab(), 0);
  check_rows_and_blocks(request, length);
  const MapOptions heads = {request.heads, request.mean, options.threads, options.cancel};
  std::vector<HeadAttention> results;
  provider.visit(request.ids.data(), length, request.layers, options, [&](int64_t layer, AttentionProblem& problem) {
    check_heads(request.heads, problem.heads);
    try {
      auto rows = attention_rows(problem, request.rows, heads);
      auto maps = request.blocks > 0 ? attention_map(problem, request.blocks, heads)
                                     : std::vector<std::vector<float>>(rows.size());
      for (size_t h = 0; h < rows.size(); ++h)
        results.push_back({layer, request.mean ? -1 : request.heads[h], std::move(rows[h]), std::move(maps[h])});
    } catch (const NotFinite& error) {
      refuse_not_finite(0, layer, error.head);
    }
  });
  return results;
}

}  // namespace longattn
