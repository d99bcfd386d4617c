// From a row's sums to its shares of attention, in float64.
#pragma once

#include "attention/row_block.h"
#include "device/fused/row_lane.h"

namespace longattn {
namespace device {

// Makes a share of a sum relative to 2^shift_of_sum, in a row whose normaliser's inverse is relative to 2^shift.
LONGATTN_HD double share_factor(float shift_of_sum, float shift, double inverse) {
  return static_cast<double>(exp2f(shift_of_sum - shift)) * inverse;
}

// What makes shares of one row's sums.
struct RowScale {
  double inverse;  // 1 / normaliser, relative to 2^shift
  double entropy;  // nats
  double peak;
  float shift;

  LONGATTN_HD double factor(float shift_of_sum) const { return share_factor(shift_of_sum, shift, inverse); }
};

// `sink_logit` is in base 2, -inf for none.
LONGATTN_HD RowScale row_scale(const RowSum& row, float sink_logit) {
  constexpr double kLn2 = 0.693147180559945309417;
  const double keys = row.total;
  const double normaliser = keys + static_cast<double>(exp2f(sink_logit - row.shift));
  RowScale scale;
  scale.shift = row.shift;
  scale.inverse = 1.0 / normaliser;
  scale.entropy = kLn2 * scale.inverse * (keys * log2(normaliser) - static_cast<double>(row.weighted));
  scale.peak = row.peak > 0.5f * kNothing ? scale.factor(row.peak) : 0.0;
  return scale;
}

// Numbers that a block of rows leaves behind, float64: [kSlotFields].
constexpr int kSlotMass = 0;
constexpr int kSlotSquares = attention::kMaxSegments;
constexpr int kSlotSinkMass = 2 * attention::kMaxSegments;
constexpr int kSlotSinkSquares = 3 * attention::kMaxSegments;
constexpr int kSlotEntropy = 4 * attention::kMaxSegments;
constexpr int kSlotPeak = kSlotEntropy + 1;
constexpr int kSlotFields = kSlotPeak + 1;

}  // namespace device
}  // namespace longattn
