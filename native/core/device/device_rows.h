// Q and K of a layer on a device, with what is left to do to them: what every path on a device starts from. Internal:
// includes torch.
#pragma once

#include "device/device_table.h"

namespace longattn::device {

struct DeviceRows {
  at::Tensor q;      // [R, H, d] float32, last stride 1, not scaled
  at::Tensor k;      // [R, Hkv, d]
  at::Tensor index;  // [L] int32 on the device: the row of each position; undefined: row n is that of position n
  Angles angles;     // of the rotation that is left to do; undefined: none
};

// From tensors (a decoder's), from the table (token rows), or from rows that the source makes on the CPU, by threads.
// Numbers that are not finite are read_group()'s to refuse. Throws what the source throws, Cancelled,
// c10::OutOfMemoryError.
DeviceRows read_rows(const AttentionProblem& problem, const AttentionOptions& options, at::Device device,
                     DeviceTable& table);

}  // namespace longattn::device
