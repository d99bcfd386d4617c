// From a head's summed slots to the contract's numbers.
#pragma once

#include "attention_stats.h"
#include "device/fused/row_end.h"

namespace longattn {
namespace device {

// `sums`: [kSlotFields], of all blocks of the head.
inline HeadStats slot_stats(const attention::Segments& segments, const double* sums, const AttentionOptions& options) {
  HeadStats head;
  for (int s = 0; s < segments.count; ++s) {
    const int bin = segments.bin[s];
    head.mass[bin] += sums[kSlotMass + s];
    head.squares[bin] += sums[kSlotSquares + s];
    head.sink_mass[bin] += sums[kSlotSinkMass + s];
    head.sink_squares[bin] += sums[kSlotSinkSquares + s];
    if (s < segments.first_far) continue;
    head.far_mass += sums[kSlotMass + s] + sums[kSlotSinkMass + s];
    head.far_squares += sums[kSlotSquares + s] + sums[kSlotSinkSquares + s];
  }
  if (options.entropy) head.entropy = sums[kSlotEntropy];
  if (options.far_peak) head.far_peak = sums[kSlotPeak];
  return head;
}

}  // namespace device
}  // namespace longattn
