// A block of the kernel on the instructions of Ampere and newer.
//
// Four warps own 128 rows of a head (64 where heads are 256 wide) with Q in registers, and walk together over tiles of
// 64 keys, three in flight. Two blocks share a multiprocessor where registers allow: while one computes exponentials
// the other multiplies.
#pragma once

#include "device/fused/reduce.h"

namespace longattn {
namespace device {

template <FusedType kType, int kDim, bool kMapped>
struct MmaBlock {
  static constexpr int kWarps = 4, kThreads = 32 * kWarps, kResident = 2;
  static constexpr int kRowTiles = kDim > 128 ? 1 : 2;  // 16 rows of 256 numbers take as many registers as 32 of 128
  static constexpr int kRows = 16 * kWarps * kRowTiles, kTileKeys = 64, kStages = 3, kSteps = kDim / 16;
  static constexpr int kStageBytes = tile_bytes(kTileKeys, kDim);
  static_assert(kRows <= kStages * kTileKeys, "Q passes through the tiles' memory");
  static_assert(kTileKeys == kQueryTileRows && kRows % kQueryTileRows == 0 && kKeyTileRows == 2 * kTileKeys);

  using Ends = BlockEnds<kRows, 1, kWarps>;
  struct Shared {
    alignas(128) unsigned char tiles[kStages][kStageBytes];
    Ends ends;
    int item;
  };
  static_assert(sizeof(Shared) <= 99 * 1024, "what a block may have on compute capability 8.6 and 8.9");

  struct Rows : BlockRows<kRowTiles, kTileKeys / 8, kRows, kMapped, Ends> {
    using Base = BlockRows<kRowTiles, kTileKeys / 8, kRows, kMapped, Ends>;
    Shared& memory;
    int last_row, stage = 0;
    uint32_t q[kRowTiles][kSteps][4];

    LONGATTN_DEVICE Rows(const FusedArguments& arguments, Shared& shared, SegmentSum* own, const WalkPlace& place,
                         int last)
        : Base(arguments, shared.ends, own, place), memory(shared), last_row(last) {}

    // kStageBytes of consecutive chunks, or of one half of each panel of a tile of K.
    template <int kSourceRows>
    LONGATTN_DEVICE void copy_tile(unsigned char* to, const unsigned char* from) const {
      constexpr int kPanel = kTileKeys * kPanelBytes, kChunks = kStageBytes / kChunkBytes;
      const uint32_t base = machine::shared_address(to);
      LONGATTN_DEVICE_UNROLL
      for (int i = 0; i < kChunks / kThreads; ++i) {
        const int byte = (i * kThreads + machine::thread()) * kChunkBytes;
        machine::copy_async(base + byte, from + byte / kPanel * (kSourceRows * kPanelBytes) + byte % kPanel);
      }
    }
    // Always ends a group of copies, so that groups can be counted.
    LONGATTN_DEVICE void copy_keys(int first_key, int to_stage) const {
      if (first_key <= last_row) {
        const int64_t tile =
            static_cast<int64_t>(this->at.head / this->a.group) * this->a.key_tiles + first_key / kKeyTileRows;
        const unsigned char* keys =
            static_cast<const unsigned char*>(this->a.k) + tile * tile_bytes(kKeyTileRows, kDim);
        copy_tile<kKeyTileRows>(memory.tiles[to_stage], keys + first_key % kKeyTileRows * kPanelBytes);
      }
      machine::commit_copies();
    }

    LONGATTN_DEVICE void start(int begin) {
      const int64_t tile = static_cast<int64_t>(this->at.head) * this->a.query_tiles + this->at.block_row / kTileKeys;
      const unsigned char* rows = static_cast<const unsigned char*>(this->a.q) + tile * kStageBytes;
      LONGATTN_DEVICE_UNROLL
      for (int part = 0; part < kRows / kTileKeys; ++part)
        copy_tile<kQueryTileRows>(memory.tiles[part], rows + part * kStageBytes);
      machine::commit_copies();
      machine::wait_copies<0>();
      machine::sync_block();
      LONGATTN_DEVICE_UNROLL
      for (int part = 0; part < kRowTiles; ++part) {
        const int first = this->at.warp_row + 16 * part;
        const uint32_t base = machine::shared_address(memory.tiles[first / kTileKeys]);
        LONGATTN_DEVICE_UNROLL
        for (int step = 0; step < kSteps; ++step) {
          const LaneAddress at = query_address(this->at.lane, first % kTileKeys, 2 * step);
          machine::load_matrices(q[part][step], base + tile_offset<kTileKeys>(at.row, at.chunk));
        }
      }
      machine::sync_block();  // Q is in registers everywhere: keys may come
      LONGATTN_DEVICE_UNROLL
      for (int s = 0; s < kStages - 1; ++s) copy_keys(begin + s * kTileKeys, s);
    }

    LONGATTN_DEVICE void multiply(int first_key) {
      machine::wait_copies<kStages - 2>();
      machine::sync_block();  // this tile has come, and nobody reads the one before it any more
      copy_keys(first_key + (kStages - 1) * kTileKeys, stage == 0 ? kStages - 1 : stage - 1);
      const uint32_t base = machine::shared_address(memory.tiles[stage]);
      stage = stage == kStages - 1 ? 0 : stage + 1;
      LONGATTN_DEVICE_UNROLL
      for (int part = 0; part < kRowTiles; ++part) {
        LONGATTN_DEVICE_UNROLL
        for (int t = 0; t < kTileKeys / 8; ++t) {
          LONGATTN_DEVICE_UNROLL
          for (int i = 0; i < 4; ++i) this->acc[part][t][i] = 0.0f;
        }
      }
      LONGATTN_DEVICE_UNROLL
      for (int step = 0; step < kSteps; ++step) {
        LONGATTN_DEVICE_UNROLL
        for (int t = 0; t < kTileKeys / 8; t += 2) {
          uint32_t b[4];
          const LaneAddress at = key_address(this->at.lane, 8 * t, 2 * step);
          machine::load_matrices(b, base + tile_offset<kTileKeys>(at.row, at.chunk));
          LONGATTN_DEVICE_UNROLL
          for (int part = 0; part < kRowTiles; ++part) {
            machine::multiply_add<kType>(this->acc[part][t], q[part][step], b[0], b[1]);
            machine::multiply_add<kType>(this->acc[part][t + 1], q[part][step], b[2], b[3]);
          }
        }
      }
      this->map(first_key);
    }
  };

  static LONGATTN_DEVICE void run(const FusedArguments& a, int* counter, unsigned char* shared_memory) {
    Shared& memory = *reinterpret_cast<Shared*>(shared_memory);
    SegmentSum* workspace = static_cast<SegmentSum*>(a.workspace) +
                            static_cast<int64_t>(machine::block()) * attention::kMaxSegments * kRows;
    const int blocks = (a.length + kRows - 1) / kRows, warp = machine::thread() / 32;
    for (;;) {
      if (machine::thread() == 0) memory.item = machine::take_next(counter);
      machine::sync_block();
      const int item = memory.item;
      if (item >= blocks * a.heads) return;
      // The longest first, so that the last items are short.
      const int first_row = (blocks - 1 - item / a.heads) * kRows, last_row = smaller(first_row + kRows, a.length) - 1;
      const WalkPlace place = {item % a.heads, first_row, 0, 16 * kRowTiles * warp, machine::thread() % 32};
      const int begin = first_tile(first_row, a.window, kTileKeys) * kTileKeys;
      Rows rows(a, memory, workspace, place, last_row);
      rows.start(begin);
      walk_block<kTileKeys>(a.segments, begin, first_row, last_row, rows);
      rows.end(0);
      machine::wait_copies<0>();
      machine::sync_block();
      BlockReduction<kRows, 1, kWarps>{a, memory.ends, workspace, place.head, first_row, last_row}.run();
      machine::sync_block();  // the next item takes all of this memory
    }
  }
};

}  // namespace device
}  // namespace longattn
