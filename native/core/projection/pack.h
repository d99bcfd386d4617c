// From weights as checkpoints store them to panels of float32 (tile.h).
#pragma once

#include <cstdint>

namespace longattn::projection {

enum class Stored { f32, bf16, f16 };

// Widens and transposes a piece of a weight matrix into a panel: rows (at most kPanel) of `inputs` values, `stride`
// values apart, aligned as one of them, to [inputs][kPanel], zeros where rows are missing.
using Pack = void (*)(Stored type, const void* rows, int64_t stride, int64_t count, int64_t inputs, float* panel);

void pack_portable(Stored type, const void* rows, int64_t stride, int64_t count, int64_t inputs, float* panel);
void pack_avx2(Stored type, const void* rows, int64_t stride, int64_t count, int64_t inputs, float* panel);

}  // namespace longattn::projection
