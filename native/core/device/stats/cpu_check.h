// The CPU's kernel beside a device: what the first window of a run is held against, and who is asked when a device
// finds a row that is not finite. Internal: includes torch.
#pragma once

#include <string>

#include "attention_stats.h"
#include "device/device_rows.h"

namespace longattn::device {

// How a kernel rounds Q and K before it multiplies them.
enum class Rounding { none, fp16, bf16 };

// The statistics of the heads that the CPU can do in seconds: all of them, or as many groups from the first on. Q and K
// are rounded as the kernel rounds them, so that what is left to differ is small. Throws what attention_stats() throws.
AttentionStats cpu_stats(const AttentionProblem& problem, const AttentionOptions& options, Rounding rounding);

// The largest difference that rounding does not explain, in words, or empty. `want`: cpu_stats() with inputs rounded to
// fp16 or not at all; `rounding`: what the device did in the end.
std::string difference(const AttentionStats& got, const AttentionStats& want, int64_t length, Rounding rounding);

// Whether the CPU too finds that the attention of `head` is not finite, from the device's own rows.
bool cpu_finds_not_finite(const AttentionProblem& problem, const AttentionOptions& options, const DeviceRows& rows,
                          int64_t head);

}  // namespace longattn::device
