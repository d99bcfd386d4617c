// On CUDA flash attention takes fp16 and bf16 only; float32 goes to the memory-efficient kernel, which pads its
// logsumexp to a multiple of 32 rows.
#include "device/flash.h"

#include <ATen/ops/_scaled_dot_product_efficient_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>

namespace longattn::device {

FlashResult flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  const int64_t rows = q.size(2);
  if (q.device().is_cpu()) {
    auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, true, {}, scale);
    return {out, lse.squeeze(0)};
  }
  if (q.scalar_type() == at::kFloat) {
    const auto result = at::_scaled_dot_product_efficient_attention(q, k, v, {}, true, 0.0, true, scale);
    return {std::get<0>(result), std::get<1>(result).squeeze(0).narrow(1, 0, rows)};
  }
  const auto result = at::_scaled_dot_product_flash_attention(q, k, v, 0.0, true, false, scale);
  return {std::get<0>(result), std::get<1>(result).squeeze(0).narrow(1, 0, rows)};
}

}  // namespace longattn::device
