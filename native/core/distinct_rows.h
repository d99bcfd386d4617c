// Rows of a window told apart from their places: few distinct ones, an index, a rotation by position.
//
// For devices: a window of 32,768 tokens has some thousands of distinct ones, so these cross to a device in a fraction
// of the bytes that all rows take, and gathering and rotating is the device's work. A HeadSource that can say this is
// one too.
#pragma once

#include <cstdint>
#include <vector>

#include "rope.h"

namespace longattn {

class DistinctRows {
 public:
  virtual ~DistinctRows() = default;

  // How many there are; 0 where rows are not rotations of distinct rows (a norm after the rotation). Before the others.
  virtual int64_t distinct_count() = 0;
  // [length]: the distinct row of each position.
  virtual const std::vector<int32_t>& distinct_index() const = 0;
  // Of the group that is prepared: [(G + 1) * d], its query heads' rows, then its key head's, before rotation.
  virtual const float* distinct_row(int64_t row) const = 0;
  virtual const RopeTable& rotation() const = 0;
};

}  // namespace longattn
