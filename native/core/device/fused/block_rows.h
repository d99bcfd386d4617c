// What a warp does with its rows' logits tile by tile, whichever instruction made the products: the Rows of
// walk_block(), less multiply().
#pragma once

#include "device/fused/fused_kernel.h"
#include "device/fused/layout.h"
#include "device/fused/machine.h"
#include "device/fused/row_end.h"
#include "device/fused/row_lane.h"
#include "device/fused/walk.h"

namespace longattn {
namespace device {

// What a block's rows leave in shared memory. kWalks: how many walks over the keys its rows are shared out to.
template <int kRows, int kWalks, int kWarps>
struct BlockEnds {
  RowSum ends[kRows];
  float sinks[kRows][kSinkColumns];  // x of the first keys
  double inverse[kRows];             // reduce.h: 1 / normaliser
  double totals[kWarps][2];          // reduce.h: entropy and peak of a warp's rows
  float shift[kRows];
  uint64_t written[kWalks];  // bit s: the walk's rows have sums of segment s in the workspace
};

// Where the rows of one walk lie.
struct WalkPlace {
  int head, block_row;      // first row of the block
  int local_row, warp_row;  // of the walk in the block, of the warp in the block
  int lane;
};

LONGATTN_DEVICE SegmentSum other_lane(const SegmentSum& s, int mask) {
  return {machine::shuffle_xor(s.shift, mask), machine::shuffle_xor(s.mass, mask),
          machine::shuffle_xor(s.squares, mask), 0.0f};
}
LONGATTN_DEVICE RowSum other_lane(const RowSum& s, int mask) {
  return {machine::shuffle_xor(s.shift, mask), machine::shuffle_xor(s.total, mask),
          machine::shuffle_xor(s.weighted, mask), machine::shuffle_xor(s.peak, mask)};
}
// The four lanes of a row, in the same order whichever lane asks.
template <typename Sum>
LONGATTN_DEVICE Sum merge_lanes(Sum sum, int lane) {
  LONGATTN_DEVICE_UNROLL
  for (int mask = 1; mask <= 2; mask *= 2) {
    const Sum other = other_lane(sum, mask);
    sum = (lane & mask) == 0 ? merge(sum, other) : merge(other, sum);
  }
  return sum;
}

// A warp's kRowTiles * 16 rows by kColumnTiles * 8 keys. kBlockRows: rows of the workspace.
template <int kRowTiles, int kColumnTiles, int kBlockRows, bool kMapped, typename Ends>
struct BlockRows {
  const FusedArguments& a;
  Ends& shared;
  SegmentSum* workspace;  // [kMaxSegments][kBlockRows] of this block
  const WalkPlace at;
  uint64_t written = 0;
  int first_key_of_many = 0;
  float acc[kRowTiles][kColumnTiles][4];
  RowLane lanes[kRowTiles][2];

  LONGATTN_DEVICE BlockRows(const FusedArguments& arguments, Ends& ends, SegmentSum* own, const WalkPlace& place)
      : a(arguments), shared(ends), workspace(own), at(place) {
    each_row([&](int tile, int half) {  // of a row that starts past the sink nothing else is written
      if (at.lane % 4 < kSinkColumns / 2)
        for (int e = 0; e < 2; ++e) shared.sinks[local(tile, half)][accumulator_column(at.lane, e)] = kHidden;
    });
  }

  LONGATTN_DEVICE int local(int tile, int half) const {
    return at.warp_row + 16 * tile + accumulator_row(at.lane, half);
  }
  LONGATTN_DEVICE int row(int tile, int half) const { return at.block_row + local(tile, half); }
  LONGATTN_DEVICE float lane_scale() const { return kMapped ? 1.0f : a.scale; }
  LONGATTN_DEVICE LaneTile place(int tile, int half, int first_key) const {
    return {row(tile, half), first_key + accumulator_column(at.lane, 0), lane_scale()};
  }
  LONGATTN_DEVICE float* sink_of(int tile, int half, int first_key) {
    return first_key == 0 ? shared.sinks[local(tile, half)] : nullptr;
  }

  template <typename Work>
  LONGATTN_DEVICE void each_row(const Work& work) {
    LONGATTN_DEVICE_UNROLL
    for (int tile = 0; tile < kRowTiles; ++tile) {
      LONGATTN_DEVICE_UNROLL
      for (int half = 0; half < 2; ++half) work(tile, half);
    }
  }

  // After a tile's products: makes logits of them where a positive factor is not enough.
  LONGATTN_DEVICE void map(int first_key) {
    if (!kMapped) return;
    const float slope = a.slopes != nullptr ? a.slopes[at.head] : 0.0f;
    const float scale = a.factors != nullptr ? a.scale * a.factors[at.head] : a.scale;
    each_row([&](int tile, int half) {
      const LaneTile lane = place(tile, half, first_key);
      LONGATTN_DEVICE_UNROLL
      for (int t = 0; t < kColumnTiles; ++t) {
        LONGATTN_DEVICE_UNROLL
        for (int e = 0; e < 2; ++e) {
          const int distance = lane.row - (lane.first_key + 8 * t + e);
          float& x = acc[tile][t][2 * half + e];
          x *= scale;
          if (a.softcap > 0) x = a.softcap * tanhf(x);
          x = fmaf(slope, static_cast<float>(-distance), x);
          if (a.window > 0 && distance >= a.window) x = kHidden;
        }
      }
    });
  }

  LONGATTN_DEVICE void whole(bool far) {
    each_row([&](int tile, int half) { lanes[tile][half].whole(acc[tile], half, lane_scale(), far); });
  }
  LONGATTN_DEVICE void one_edge(int first_key, int low, bool far) {
    each_row([&](int tile, int half) {
      lanes[tile][half].one_edge(acc[tile], half, place(tile, half, first_key), low, far);
    });
  }
  LONGATTN_DEVICE void boundary(int first_key, int low, bool open_far, bool next_far) {
    each_row([&](int tile, int half) {
      lanes[tile][half].boundary(acc[tile], half, place(tile, half, first_key), low, open_far, next_far,
                                 sink_of(tile, half, first_key));
    });
  }
  LONGATTN_DEVICE void many(int first_key) {
    const int first_far = a.segments.first_far;
    const int k = first_far < a.segments.count ? static_cast<int>(a.segments.low[first_far]) : a.length;
    each_row([&](int tile, int half) {
      lanes[tile][half].many(acc[tile], half, place(tile, half, first_key), k, sink_of(tile, half, first_key));
    });
    first_key_of_many = first_key;
  }
  LONGATTN_DEVICE void part(int segment, int low, int high) {
    add(segment, [&](int tile, int half) {
      return lanes[tile][half].part(acc[tile], half, place(tile, half, first_key_of_many), low, high);
    });
  }
  LONGATTN_DEVICE void close(int segment) {
    add(segment, [&](int tile, int half) { return lanes[tile][half].close(); });
  }

  // The first sums of a segment are only written: nobody waits for global memory.
  template <typename Part>
  LONGATTN_DEVICE void add(int segment, const Part& part_of) {
    const bool again = (written >> segment & 1) != 0;
    each_row([&](int tile, int half) {
      const SegmentSum sum = merge_lanes(part_of(tile, half), at.lane);
      if (at.lane % 4 != 0) return;
      SegmentSum* to = workspace + segment * kBlockRows + local(tile, half);
      *to = again ? merge(*to, sum) : sum;
    });
    written |= uint64_t{1} << segment;
  }

  // After the walk.
  LONGATTN_DEVICE void end(int walk) {
    each_row([&](int tile, int half) {
      const RowSum sum = merge_lanes(lanes[tile][half].end(), at.lane);
      if (at.lane % 4 == 0) shared.ends[local(tile, half)] = sum;
    });
    if (at.warp_row == at.local_row && at.lane == 0) shared.written[walk] = written;
  }
};

}  // namespace device
}  // namespace longattn
