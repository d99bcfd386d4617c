// The order in which a block of rows meets tiles of keys, and what each tile needs. Every thread of a block takes the
// same way: the decisions here depend on the block alone.
//
// Keys go by from the first on, so distances fall. One segment is open at a time; a tile holds keys of it alone
// (inside), of it and the next (cross, or edge where the row's end, the sink or k is in it), or of many (short windows,
// or a k that cuts off a narrow segment).
#pragma once

#include "attention/row_block.h"
#include "device/fused/host_device.h"

namespace longattn {
namespace device {

// The first tile that a block needs: with a sliding window of `window` keys, the one with its first row's farthest key.
LONGATTN_HD int first_tile(int first_row, int window, int tile_keys) {
  return window > 0 && first_row >= window ? (first_row - window + 1) / tile_keys : 0;
}

// Rows has: multiply(first_key), inside(far), cross(first_key, edge, far), edge(first_key, edge, open_far, next_far),
// weights(first_key), part(segment, low, high), close(segment). Rows first_row .. last_row, keys begin (a multiple of
// kTileKeys) .. last_row.
template <int kTileKeys, typename Rows>
LONGATTN_HD void walk_block(const attention::Segments& segments, int begin, int first_row, int last_row, Rows& rows) {
  int open = segments.count - 1;
  while (segments.low[open] > last_row) --open;
  for (int first_key = begin; first_key <= last_row; first_key += kTileKeys) {
    rows.multiply(first_key);
    const int farthest = last_row - first_key, last_key = first_key + kTileKeys - 1;
    const int nearest = first_row > last_key ? first_row - last_key : 0;
    while (segments.low[open] > farthest) rows.close(open--);
    int last = open;
    while (segments.low[last] > nearest) --last;
    const bool whole = first_key > 0 && first_row >= last_key;  // no sink, nothing hidden
    if (last == open && whole) {
      rows.inside(open >= segments.first_far);
    } else if (last == open - 1 && whole && open != segments.first_far) {
      rows.cross(first_key, static_cast<int>(segments.low[open]), open >= segments.first_far);
    } else if (last >= open - 1) {
      rows.edge(first_key, static_cast<int>(segments.low[open]), open >= segments.first_far,
                open - 1 >= segments.first_far);
    } else {
      rows.close(open);
      rows.close(open - 1);
      rows.weights(first_key);
      for (int segment = open; segment >= last; --segment)
        rows.part(segment, static_cast<int>(segments.low[segment]), static_cast<int>(segments.low[segment + 1]));
    }
  }
  rows.close(open);
  if (open > 0) rows.close(open - 1);
}

}  // namespace device
}  // namespace longattn
