// Our kernels for a window. Internal: includes torch. A CPU build has has_fused() == false and nothing else here.
#pragma once

#include <optional>

#include "device/device_rows.h"
#include "device/fused/fused_type.h"
#include "windows/layer_provider.h"

namespace longattn::device {

bool has_fused();

// Why the kernels cannot compute this problem, or empty: heads wider than 256, windows of more than 2^30 tokens.
std::string fused_refuses(const AttentionProblem& problem);

struct FusedChoice {
  FusedType type = FusedType::fp16;
  std::optional<FusedProduct> product;  // what is fastest on the device, unless named
};

// Puts the window's work on the current stream of `rows`' device and returns; what it returns waits for it. Packed
// queries take `piece_bytes` at a time, or a group's. A window with a number beyond fp16's range is done again in bf16.
// Throws c10::OutOfMemoryError and std::runtime_error for an error of the CUDA runtime; what it returns also NotFinite,
// naming the lowest head.
PendingStats fused_window(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
                          int64_t piece_bytes, const FusedChoice& choice = {});

}  // namespace longattn::device
