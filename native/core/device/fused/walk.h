// The order in which a block of rows meets tiles of keys, and what each tile needs. Every thread of a block takes the
// same way: the decisions here depend on the block alone.
//
// A segment is a run of distances n - i, so it is a band along the diagonal. Four rows, tiles of four keys, segments 0
// to 3 with the edges 9, 11 = k and 20; the digit is the segment of row n and key i, a dot a key past the row's end:
//
//     keys i ->     0    4    8    12   16   20   24   28
//     row n = 28  |3333|3333|3222|2222|2211|0000|0000|0...|
//             29  |3333|3333|3322|2222|2221|1000|0000|00..|
//             30  |3333|3333|3332|2222|2222|1100|0000|000.|
//             31  |3333|3333|3333|2222|2222|2110|0000|0000|
//                   (b) whole (e) whole (b)  (m) whole (b)
//
//   whole         keys of one segment: seven tiles of eight in a long window
//   one_edge (e)  of two segments, both far or both near
//   boundary (b)  of two segments at most, but the sink (keys 0 to 3) is among them, or k parts them, or the row ends
//   many (m)      of three and more: short windows, or a k that cuts off a narrow segment
//
// Keys go by from the first on, so distances fall. One segment is open at a time, and the one after it where a tile has
// keys of both.
#pragma once

#include "attention/row_block.h"
#include "device/fused/host_device.h"

namespace longattn {
namespace device {

// The first tile that a block needs: with a sliding window of `window` keys, the one with its first row's farthest key.
LONGATTN_HD int first_tile(int first_row, int window, int tile_keys) {
  return window > 0 && first_row >= window ? (first_row - window + 1) / tile_keys : 0;
}

// Rows has: multiply(first_key), whole(far), one_edge(first_key, edge, far), boundary(first_key, edge, open_far,
// next_far), many(first_key), part(segment, low, high), close(segment). Rows first_row .. last_row, keys begin (a
// multiple of kTileKeys) .. last_row.
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
    const bool plain = first_key > 0 && first_row >= last_key;  // no sink, nothing hidden
    if (last == open && plain) {
      rows.whole(open >= segments.first_far);
    } else if (last == open - 1 && plain && open != segments.first_far) {
      rows.one_edge(first_key, static_cast<int>(segments.low[open]), open >= segments.first_far);
    } else if (last >= open - 1) {
      rows.boundary(first_key, static_cast<int>(segments.low[open]), open >= segments.first_far,
                    open - 1 >= segments.first_far);
    } else {
      rows.close(open);
      rows.close(open - 1);
      rows.many(first_key);
      for (int segment = open; segment >= last; --segment)
        rows.part(segment, static_cast<int>(segments.low[segment]), static_cast<int>(segments.low[segment + 1]));
    }
  }
  rows.close(open);
  if (open > 0) rows.close(open - 1);
}

}  // namespace device
}  // namespace longattn
