// Rows of the attention matrix and its block means, of chosen heads and layers of one window.
#pragma once

#include <cstdint>
#include <vector>

#include "windows/layer_provider.h"

namespace longattn {

struct WindowAttentionRequest {
  std::vector<int32_t> ids;     // one window
  std::vector<int64_t> layers;  // ascending, distinct
  std::vector<int64_t> heads;   // ascending, distinct
  bool mean = false;            // one result a layer, the mean over `heads`, instead of one a head
  std::vector<int64_t> rows;    // any of 0 .. L-1, or none
  int64_t blocks = 0;           // B of the map, at most kMaxMapBlocks and at most L; 0: no map
};

// Of one layer and head, or the mean over the heads. See attention_maps.h for what the numbers are.
struct HeadAttention {
  int64_t layer = 0;
  int64_t head = -1;                     // -1: the mean
  std::vector<std::vector<float>> rows;  // as asked for: [n + 1] each
  std::vector<float> map;                // [B x B] or empty
};

// Layers ascending, heads within. Throws Error with a code, also for a request that makes no sense, and Cancelled.
std::vector<HeadAttention> window_attention(LayerProvider& provider, const WindowAttentionRequest& request,
                                            const ProviderOptions& options);

}  // namespace longattn
