// Our kernels for a window. Internal: includes torch. A CPU build has has_fused() == false and nothing else here.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "device/device_rows.h"
#include "device/fused/fused_type.h"

namespace longattn::device {

bool has_fused();

// Why the kernels cannot compute this problem, or empty: heads wider than 256, windows of more than 2^24 tokens.
std::string fused_refuses(const AttentionProblem& problem);

struct FusedChoice {
  FusedType type = FusedType::fp16;
  std::optional<FusedProduct> product;  // what is fastest on the device, unless named
};

struct FusedResult {
  AttentionStats stats;
  // How it was computed.
  FusedProduct product;
  FusedType type;
  bool scaled;  // heads with numbers beyond fp16 were brought into it by powers of two
};

// Puts the window's work on the current stream of `rows`' device and returns; what it returns waits for it. Packed
// queries take `piece_bytes` at a time, or a group's. A window with numbers beyond fp16's range is done again, with
// those heads scaled, or in bf16 where that would take more than a few bits (half_range.h). Throws
// c10::OutOfMemoryError, and Error(kDeviceFailed) for an error of the CUDA runtime; what it returns also NotFinite,
// naming the lowest head.
using PendingFused = std::function<FusedResult()>;
PendingFused fused_window(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
                          int64_t piece_bytes, const FusedChoice& choice = {});

}  // namespace longattn::device
