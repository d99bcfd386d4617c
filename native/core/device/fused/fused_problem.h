// From the contract's problem to the kernels' arguments. No torch, no CUDA headers.
#pragma once

#include "attention/segments.h"
#include "attention_stats.h"
#include "device/fused/fused_kernel.h"

namespace longattn {
namespace device {

// All but the pointers and `heads`, which are of a piece of the window.
inline FusedArguments fused_arguments(const AttentionProblem& p, FusedProduct product, int dim) {
  using attention::kLog2E;
  FusedArguments a = {};
  a.scale = static_cast<float>(p.softcap > 0 ? p.scale / p.softcap : p.scale * kLog2E);
  a.softcap = static_cast<float>(p.softcap * kLog2E);
  a.window = p.sliding_window < p.length ? static_cast<int>(p.sliding_window) : 0;
  a.length = static_cast<int>(p.length);
  a.group = static_cast<int>(p.heads / p.kv_heads);
  a.query_tiles = fused_query_tiles(product, dim, p.length);
  a.key_tiles = fused_key_tiles(p.length);
  a.segments = attention::make_segments(p.length, p.k);
  return a;
}

}  // namespace device
}  // namespace longattn
