// From the sums of a block's rows to its slot: shares in float64, added in a fixed order.
//
// A warp takes a segment and its lanes the rows, so that a block's thirty-three segments are in flight at once; a
// thread a row would wait for one segment after the other.
#pragma once

#include "device/fused/block_rows.h"

namespace longattn {
namespace device {

LONGATTN_DEVICE double warp_sum(double value) {
  LONGATTN_DEVICE_UNROLL
  for (int mask = 16; mask > 0; mask /= 2) value += machine::shuffle_xor(value, mask);
  return value;
}

template <int kRows, int kWalks, int kWarps>
struct BlockReduction {
  const FusedArguments& a;
  BlockEnds<kRows, kWalks, kWarps>& shared;
  const SegmentSum* workspace;
  int head, first_row, last_row;

  // The first kWarps warps of the block, after and before a barrier of them.
  LONGATTN_DEVICE void run() {
    const int warp = machine::thread() / 32, lane = machine::thread() % 32;
    ends(warp, lane);
    machine::sync_threads(32 * kWarps);
    double* slot = a.slots + (static_cast<int64_t>(head) * blocks() + first_row / kRows) * kSlotFields;
    for (int s = warp; s < attention::kMaxSegments; s += kWarps) segment(s, lane, slot);
    if (machine::thread() < 2) {
      double sum = 0;
      for (int w = 0; w < kWarps; ++w) sum += shared.totals[w][machine::thread()];
      slot[machine::thread() == 0 ? kSlotEntropy : kSlotPeak] = sum;
    }
    if (a.token_far != nullptr) tokens();
  }

 private:
  LONGATTN_DEVICE int blocks() const { return (a.length + kRows - 1) / kRows; }
  LONGATTN_DEVICE bool has(int row, int s) const { return (shared.written[row / (kRows / kWalks)] >> s & 1) != 0; }
  LONGATTN_DEVICE double factor(int row, float shift) const {
    return share_factor(shift, shared.shift[row], shared.inverse[row]);
  }

  LONGATTN_DEVICE void ends(int warp, int lane) {
    const int row = machine::thread();
    const bool valid = row < kRows && first_row + row <= last_row;
    RowScale scale = {0.0, 0.0, 0.0, 0.0f};
    if (valid) {
      scale = row_scale(shared.ends[row], a.sink_logits != nullptr ? a.sink_logits[head] : -HUGE_VALF);
      shared.inverse[row] = scale.inverse;
      shared.shift[row] = scale.shift;
    }
    const double entropy = warp_sum(scale.entropy), peak = warp_sum(scale.peak);
    if (lane == 0) {
      shared.totals[warp][0] = entropy;
      shared.totals[warp][1] = peak;
    }
  }

  LONGATTN_DEVICE void segment(int s, int lane, double* slot) {
    double mass = 0, squares = 0, sink_mass = 0, sink_squares = 0;
    const int low = s < a.segments.count ? static_cast<int>(a.segments.low[s]) : a.length;
    if (low <= last_row) {
      const int high = static_cast<int>(a.segments.low[s + 1]);
      // Keys 0..3 are n - 3 .. n away: most segments hold none of them for any row of the block.
      const bool sinks = high > first_row - kSinkColumns;
      for (int row = lane; row < kRows && first_row + row <= last_row; row += 32) {
        if (has(row, s)) {
          const SegmentSum sum = workspace[s * kRows + row];
          const double to_share = factor(row, sum.shift);
          mass += sum.mass * to_share;
          squares += sum.squares * to_share * to_share;
        }
        if (!sinks) continue;
        LONGATTN_DEVICE_UNROLL
        for (int i = 0; i < kSinkColumns; ++i) {
          const double share = sink_share(row, i, low, high);
          sink_mass += share;
          sink_squares += share * share;
        }
      }
      mass = warp_sum(mass);
      squares = warp_sum(squares);
      sink_mass = warp_sum(sink_mass);
      sink_squares = warp_sum(sink_squares);
    }
    if (lane != 0) return;
    slot[kSlotMass + s] = mass;
    slot[kSlotSquares + s] = squares;
    slot[kSlotSinkMass + s] = sink_mass;
    slot[kSlotSinkSquares + s] = sink_squares;
  }

  // Of key i, if its distance is in [low, high).
  LONGATTN_DEVICE double sink_share(int row, int i, int low, int high) const {
    const int distance = first_row + row - i;
    return distance >= low && distance < high ? factor(row, shared.sinks[row][i]) : 0.0;
  }

  LONGATTN_DEVICE void tokens() {
    const int row = machine::thread();
    if (row >= kRows || first_row + row > last_row) return;
    double far = 0;
    for (int s = a.segments.first_far; s < a.segments.count && a.segments.low[s] <= first_row + row; ++s)
      if (has(row, s)) {
        const SegmentSum sum = workspace[s * kRows + row];
        far += sum.mass * factor(row, sum.shift);
      }
    if (a.segments.first_far < a.segments.count) {
      const int k = static_cast<int>(a.segments.low[a.segments.first_far]);
      for (int i = 0; i < kSinkColumns; ++i) far += sink_share(row, i, k, a.length);
    }
    a.token_far[static_cast<int64_t>(head) * a.length + first_row + row] = static_cast<float>(far);
  }
};

}  // namespace device
}  // namespace longattn
