// Where numbers lie: in packed tiles, in shared memory, in the registers of a warp.
//
// Rows of Q and K are packed in tiles that are already what shared memory wants, so a tile comes in with one copy of
// consecutive bytes and no tensor map. The order of bytes is the 128-byte swizzle of the PTX manual: what wgmma reads
// by its descriptors, and what ldmatrix reads without bank conflicts.
#pragma once

#include "device/fused/host_device.h"

namespace longattn {
namespace device {

constexpr int kChunkBytes = 16;     // what ldmatrix and cp.async move at a time: 8 numbers
constexpr int kPanelBytes = 128;    // a row's share of a panel: 64 numbers
constexpr int kQueryTileRows = 64;  // rows of a packed tile of Q
constexpr int kKeyTileRows = 128;   // and of K
constexpr int kStepsOfPanel = 4;    // a product takes 16 numbers of each row

LONGATTN_HD constexpr int tile_bytes(int rows, int dim) {
  return rows * dim * 2;
}

// Byte offset of chunk `chunk` of row `row` in a tile of kRows rows: panels of 64 numbers one after the other, rows in
// them, chunks of eight rows shuffled so that equal chunks lie in eight different groups of banks.
template <int kRows>
LONGATTN_HD int tile_offset(int row, int chunk) {
  return (chunk >> 3) * (kRows * kPanelBytes) + row * kPanelBytes + ((chunk & 7) ^ (row & 7)) * kChunkBytes;
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

// Row (0..15) and column (0..7) of number 2 * half + e of an accumulator, of mma and of wgmma (a warp's 16 rows of 64).
LONGATTN_HD int accumulator_row(int lane, int half) {
  return (lane >> 2) + 8 * half;
}
LONGATTN_HD int accumulator_column(int lane, int e) {
  return 2 * (lane & 3) + e;
}

// wgmma's descriptor of a tile whose rows hold consecutive numbers (K-major), 128-byte swizzle, eight rows to the next
// eight: 1,024 bytes. `address` in shared memory is a multiple of 1,024.
LONGATTN_HD uint64_t tile_descriptor(uint32_t address) {
  constexpr uint64_t kLeadingUnused = uint64_t{1} << 16, kSwizzle128 = uint64_t{1} << 62;
  constexpr uint64_t kStride = uint64_t{8 * kPanelBytes / 16} << 32;
  return ((address & 0x3ffff) >> 4) | kLeadingUnused | kStride | kSwizzle128;
}
// What is added to it for numbers 16 * step and on. The swizzle is a function of the address, so a step inside a panel
// is a step of 32 bytes.
template <int kRows>
LONGATTN_HD uint64_t descriptor_step(int step) {
  return static_cast<uint64_t>((step / kStepsOfPanel * kRows * kPanelBytes + step % kStepsOfPanel * 32) >> 4);
}

}  // namespace device
}  // namespace longattn
