// What the kernels' pack pass needs of a window's rows, kept for as long as it may be needed again. Internal: includes
// torch.
#pragma once

#include "device/device_rows.h"
#include "device/fused/fused_kernel.h"

namespace longattn::device {

class Packing {
 public:
  // Keeps `rows`' tensors.
  Packing(const AttentionProblem& problem, const DeviceRows& rows);

  at::Device device() const { return q_.device(); }

  // For `count` heads from `first` on, into `out` ([count][tiles] packed tiles). `beyond` and `shrink` (or
  // null): of the first of these heads (PackArguments).
  PackArguments queries(int64_t first, int64_t count, int tiles, const at::Tensor& out, int* beyond,
                        const float* shrink) const;
  PackArguments keys(int64_t first, int64_t count, int tiles, const at::Tensor& out, int* beyond,
                     const float* shrink) const;

 private:
  PackArguments heads(const at::Tensor& x, int64_t first, int64_t count, int tiles, const at::Tensor& out, int* beyond,
                      const float* shrink) const;

  at::Tensor q_, k_, index_, cos_, sin_;
  PackArguments common_ = {};
};

}  // namespace longattn::device
