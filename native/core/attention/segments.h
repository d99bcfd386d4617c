// Cuts the distances 0..L-1 at the bin edges and at k, so that a kernel sums each run once and far mass is a sum of
// runs.
#pragma once

#include "attention/row_block.h"

namespace longattn::attention {

// Segments of a window of `length` tokens with minimum distance `k`. Empty bins (L < 32) have none.
Segments make_segments(int64_t length, int64_t k);

// The segment that holds `distance`, 0 <= distance < length. O(log segments): called for the sink keys of every row.
int segment_of(const Segments& segments, int64_t distance);

}  // namespace longattn::attention
