// attend() in torch's operators, on any device. Internal: includes torch.
#pragma once

#include "decoder/attend/heads.h"
#include "layer/attention_config.h"
#include "windows/layer_provider.h"

namespace longattn {

// Whether the attention is plain causal and no wider than flash attention takes.
bool flash_can(const AttentionConfig& config, const Heads& heads, int64_t near);

// [L, H * dv] float32. Plain causal attention by libtorch's flash attention, in `type` (on CUDA it takes fp16 and bf16;
// float32 goes to the memory-efficient kernel). Every other mask, and heads wider than 256, by tiles of float32 logits
// of at most `tile_bytes` each. Throws Cancelled, c10::OutOfMemoryError.
at::Tensor attend_tensors(const AttentionConfig& config, const Heads& heads, int64_t near, at::ScalarType type,
                          int64_t tile_bytes, const ProviderOptions& options);

}  // namespace longattn
