// A block of the kernel on Hopper's instructions.
//
// Three groups of four warps, the consumers, own 64 rows each; a fourth, the producer, gives them its registers, takes
// items, and copies tiles of 128 keys ahead of them. Consumers wait for tiles, never for each other, so while one
// multiplies the others compute exponentials. A product takes Q and K from shared memory; of 192 rows a tile of K is
// read once.
#pragma once

#include "device/fused/reduce.h"

namespace longattn {
namespace device {

template <FusedType kType, int kDim, bool kMapped>
struct WgmmaBlock {
  static constexpr int kGroups = 3, kGroupWarps = 4, kWarps = kGroups * kGroupWarps;
  static constexpr int kThreads = 32 * (kWarps + kGroupWarps), kResident = 1;
  // 512 threads start with 128 registers each; accumulators and sums take more, copying tiles hardly any.
  static constexpr int kConsumerRegisters = 160, kProducerRegisters = 24;
  static constexpr int kRegisters = 32 * (kWarps * kConsumerRegisters + kGroupWarps * kProducerRegisters);
  static constexpr int kGroupRows = kQueryTileRows, kRows = kGroups * kGroupRows, kTileKeys = kKeyTileRows;
  static constexpr int kStages = 4, kSteps = kDim / 16;
  static constexpr int kQueryBytes = tile_bytes(kGroupRows, kDim), kStageBytes = tile_bytes(kTileKeys, kDim);

  using Ends = BlockEnds<kRows, kGroups, kWarps>;
  struct Shared {
    alignas(1024) unsigned char keys[kStages][kStageBytes];
    unsigned char queries[kGroups][kQueryBytes];
    machine::Barrier full[kStages], empty[kStages], queries_full, queries_empty;
    Ends ends;
    int item;  // its number; comes with the queries
  };
  static_assert(sizeof(Shared) <= 227 * 1024);

  // Tiles are counted from the block's first item on: tile t is in stage t % kStages, for the (t / kStages)-th time.
  // The count may pass 2^32, a multiple of what it is taken modulo.
  static LONGATTN_DEVICE int stage_of(unsigned tile) { return static_cast<int>(tile % kStages); }
  static LONGATTN_DEVICE int parity_of(unsigned tile) { return static_cast<int>(tile / kStages % 2); }
  // Of the use before, which ended when the stage was emptied. The first has none: a wait for parity 1 of a barrier
  // that was just started returns at once.
  static LONGATTN_DEVICE int other(int parity) { return parity ^ 1; }

  struct Item {
    int head, first_row, last_row, first_tile, tiles;  // tiles is 0 after the last item
  };
  static LONGATTN_DEVICE Item item_of(const FusedArguments& a, int number) {
    const int blocks = (a.length + kRows - 1) / kRows;
    Item item = {};
    if (number >= blocks * a.heads) return item;
    item.head = number % a.heads;
    item.first_row = (blocks - 1 - number / a.heads) * kRows;  // the longest first, so that the last items are short
    item.last_row = smaller(item.first_row + kRows, a.length) - 1;
    item.first_tile = first_tile(item.first_row, a.window, kTileKeys);
    item.tiles = item.last_row / kTileKeys - item.first_tile + 1;
    return item;
  }

  struct Rows : BlockRows<1, kTileKeys / 8, kRows, kMapped, Ends> {
    using Base = BlockRows<1, kTileKeys / 8, kRows, kMapped, Ends>;
    Shared& memory;
    unsigned tile;
    int group;

    LONGATTN_DEVICE Rows(const FusedArguments& arguments, Shared& shared, SegmentSum* own, const WalkPlace& place,
                         unsigned first)
        : Base(arguments, shared.ends, own, place), memory(shared), tile(first), group(place.local_row / kGroupRows) {}

    LONGATTN_DEVICE void release() {
      machine::sync_warp();
      if (this->at.lane == 0) machine::arrive(memory.empty[stage_of(tile)]);
      ++tile;
    }
    LONGATTN_DEVICE void skip() {
      machine::wait(memory.full[stage_of(tile)], parity_of(tile));
      release();
    }
    LONGATTN_DEVICE void multiply(int first_key) {
      const uint64_t queries = tile_descriptor(machine::shared_address(memory.queries[group]));
      const uint64_t keys = tile_descriptor(machine::shared_address(memory.keys[stage_of(tile)]));
      machine::wait(memory.full[stage_of(tile)], parity_of(tile));
      machine::begin_products();
      LONGATTN_DEVICE_UNROLL
      for (int step = 0; step < kSteps; ++step)
        machine::multiply_rows<kType>(this->acc[0], queries + descriptor_step<kGroupRows>(step),
                                      keys + descriptor_step<kTileKeys>(step), step > 0);
      machine::end_products(this->acc[0]);
      release();
      this->map(first_key);
    }
  };

  static LONGATTN_DEVICE void start(Shared& memory) {
    if (machine::thread() == 0) {
      for (int s = 0; s < kStages; ++s) {
        machine::start_barrier(memory.full[s], 1);
        machine::start_barrier(memory.empty[s], kWarps);
      }
      machine::start_barrier(memory.queries_full, 1);
      machine::start_barrier(memory.queries_empty, kWarps);
      machine::publish_barriers();
    }
    machine::sync_block();
  }

  // One thread, the producer. Goes ahead as far as stages are empty, into the next item while the one before is summed
  // up.
  static LONGATTN_DEVICE void produce(const FusedArguments& a, Shared& memory, int* counter) {
    unsigned tile = 0;
    for (int item_parity = 0;; item_parity ^= 1) {
      machine::wait(memory.queries_empty, other(item_parity));
      memory.item = machine::take_next(counter);
      const Item item = item_of(a, memory.item);
      if (item.tiles == 0) {
        machine::arrive(memory.queries_full);
        return;
      }
      const unsigned char* queries =
          static_cast<const unsigned char*>(a.q) +
          (static_cast<int64_t>(item.head) * a.query_tiles + item.first_row / kGroupRows) * kQueryBytes;
      const unsigned char* keys =
          static_cast<const unsigned char*>(a.k) +
          (static_cast<int64_t>(item.head / a.group) * a.key_tiles + item.first_tile) * kStageBytes;
      machine::arrive_expecting(memory.queries_full, kGroups * kQueryBytes);
      machine::copy_bulk(machine::shared_address(memory.queries), queries, kGroups * kQueryBytes, memory.queries_full);
      for (int i = 0; i < item.tiles; ++i, ++tile, keys += kStageBytes) {
        const int stage = stage_of(tile);
        machine::wait(memory.empty[stage], other(parity_of(tile)));
        machine::arrive_expecting(memory.full[stage], kStageBytes);
        machine::copy_bulk(machine::shared_address(memory.keys[stage]), keys, kStageBytes, memory.full[stage]);
      }
    }
  }

  // A group's rows of an item, against tiles `done` and on. Returns the tiles done then.
  static LONGATTN_DEVICE unsigned walk(const FusedArguments& a, Shared& memory, SegmentSum* workspace, const Item& item,
                                       unsigned done) {
    const int warp = machine::thread() / 32, group = warp / kGroupWarps;
    const int local = group * kGroupRows, first_row = item.first_row + local;
    const WalkPlace place = {item.head, item.first_row, local, 16 * warp, machine::thread() % 32};
    Rows rows(a, memory, workspace, place, done);
    if (first_row <= item.last_row)
      walk_block<kTileKeys>(a.segments, item.first_tile * kTileKeys, first_row,
                            smaller(first_row + kGroupRows - 1, item.last_row), rows);
    while (rows.tile != done + static_cast<unsigned>(item.tiles)) rows.skip();
    machine::sync_warp();
    if (place.lane == 0) machine::arrive(memory.queries_empty);
    rows.end(group);
    return rows.tile;
  }

  static LONGATTN_DEVICE void consume(const FusedArguments& a, Shared& memory) {
    SegmentSum* workspace = static_cast<SegmentSum*>(a.workspace) +
                            static_cast<int64_t>(machine::block()) * attention::kMaxSegments * kRows;
    unsigned done = 0;
    for (int item_parity = 0;; item_parity ^= 1) {
      machine::wait(memory.queries_full, item_parity);
      const Item item = item_of(a, memory.item);
      if (item.tiles == 0) return;
      done = walk(a, memory, workspace, item, done);
      machine::sync_threads(32 * kWarps);
      BlockReduction<kRows, kGroups, kWarps>{a, memory.ends, workspace, item.head, item.first_row, item.last_row}.run();
      machine::sync_threads(32 * kWarps);  // the next item's rows take the same memory
    }
  }

  static LONGATTN_DEVICE void run(const FusedArguments& a, int* counter, unsigned char* shared_memory) {
    Shared& memory = *reinterpret_cast<Shared*>(shared_memory);
    start(memory);
    if (machine::thread() >= 32 * kWarps) {
      machine::fewer_registers<kProducerRegisters>();
      if (machine::thread() == 32 * kWarps) produce(a, memory, counter);
    } else {
      machine::more_registers<kConsumerRegisters>();
      consume(a, memory);
    }
  }
};

}  // namespace device
}  // namespace longattn
