// What the tensor cores multiply.
#pragma once

namespace longattn {
namespace device {

enum class FusedType { fp16, bf16 };

}  // namespace device
}  // namespace longattn
