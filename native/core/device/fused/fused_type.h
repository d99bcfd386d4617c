// What the kernels multiply, and with which instructions.
#pragma once

namespace longattn {
namespace device {

enum class FusedType { fp16, bf16 };

// Of a warp, on Ampere and newer; or of four warps, on Hopper.
enum class FusedProduct { mma, wgmma };

}  // namespace device
}  // namespace longattn
