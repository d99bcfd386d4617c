// Where numbers lie in shared memory and in the registers of a warp: ldmatrix and mma.m16n8k16 of the PTX manual.
//
// Apart from the kernel so that a test can run both instructions as the manual defines them and see products come out.
#pragma once

#include "cuda/fused/host_device.h"

namespace longattn {
namespace device {

constexpr int kChunkBytes = 16;  // what ldmatrix and cp.async move at a time: 8 numbers

// Byte offset of chunk `chunk` of row `row` in a tile of rows of kDim 2-byte numbers. Eight rows' chunks of the same
// number lie in eight different groups of banks.
template <int kDim>
LONGATTN_HD int tile_offset(int row, int chunk) {
  return row * (kDim * 2) + ((chunk ^ (row & 7)) * kChunkBytes);
}

// The row and the chunk whose address lane `lane` gives to ldmatrix.x4.
struct LaneAddress {
  int row, chunk;
};

// For a 16 x 16 piece of Q (rows from row0, numbers from 8 * chunk0): registers a0..a3 of mma.
LONGATTN_HD LaneAddress query_address(int lane, int row0, int chunk0) {
  const int matrix = lane >> 3;
  return {row0 + (matrix & 1) * 8 + (lane & 7), chunk0 + (matrix >> 1)};
}

// For 16 keys from key0, numbers from 8 * chunk0: b0, b1 of the first 8 keys, b0, b1 of the other 8.
LONGATTN_HD LaneAddress key_address(int lane, int key0, int chunk0) {
  const int matrix = lane >> 3;
  return {key0 + (matrix >> 1) * 8 + (lane & 7), chunk0 + (matrix & 1)};
}

// Row (0..15) and column (0..7) of number 2 * half + e of an accumulator.
LONGATTN_HD int accumulator_row(int lane, int half) {
  return (lane >> 2) + 8 * half;
}
LONGATTN_HD int accumulator_column(int lane, int e) {
  return 2 * (lane & 3) + e;
}

}  // namespace device
}  // namespace longattn
