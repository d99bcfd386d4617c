// softmax(scale * Q K^T) V for the layers that are run, without an L x L matrix. No torch here.
//
// Not libtorch's own flash attention: that has no window, no softcap, no bias by distance and no sink, takes a mask
// only as an L x L tensor, and runs at 0.57 of the speed of sgemm where this runs at about 1 (see docs/performance.md).
// A row's bits do not depend on the number of threads.
#pragma once

#include "layer/attention_config.h"
#include "windows/layer_provider.h"

namespace longattn {

struct AttendInput {
  const float* q;  // [L, H, d]
  const float* k;  // [L, Hkv, d]
  const float* v;  // [L, Hkv, dv]
  int64_t length;
  int64_t value_dim;
  int64_t near;  // > 0: key i of query n only if n - i < near or i < kSinkKeys, besides the layer's own mask
  // q, k, v and the weights may be rounded to bf16, and are where attention::bf16_tiles() says so.
  bool bf16 = false;
};

// out [L, H, dv]. Throws Cancelled. LONGATTN_CPU_KERNEL forces portable, avx2 or avx512 here too.
void attend(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out);

}  // namespace longattn
