// softmax(scale * Q K^T) V in bf16, for CPUs that have tiles for it; others take attention_values(). No torch here.
//
// Q, K, V and the weights are rounded to bf16; logits, exponentials and sums are float32. Not libtorch's own flash
// attention: that has no window, no softcap, no bias by distance and no sink, and takes a mask only as an L x L tensor.
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
};

// Whether this CPU has the tiles that attend_bf16() needs, and simd/cpu_kernel.h lets them be used.
bool has_attend_bf16();

// out [L, H, dv]. Throws Cancelled.
void attend_bf16(const AttentionConfig& config, const AttendInput& input, const ProviderOptions& options, float* out);

}  // namespace longattn
