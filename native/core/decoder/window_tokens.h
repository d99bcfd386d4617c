// A window's tokens, each once, and its first layer's input. Internal: includes torch.
#pragma once

#include <vector>

#include "decoder/backend.h"
#include "layer/embedding.h"

namespace longattn {

struct WindowTokens {
  WindowTokens(const int32_t* ids, int64_t length, at::Device device);

  const int32_t* ids;
  int64_t length;
  std::vector<int32_t> distinct;  // ascending
  at::Tensor first;               // [distinct] int64 on the device: where in the window each is first
  at::Tensor place;               // [L] int64 on the device: which of `distinct` each position has
};

// [L, hidden] float32 on the backend's device. `projection`: from a narrower embedding; its weight may be undefined.
at::Tensor embed_window(Backend& backend, const Embedding& embedding, const Linear& projection,
                        const WindowTokens& tokens, const ProviderOptions& options);

}  // namespace longattn
