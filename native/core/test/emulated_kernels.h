// Faults of the emulated device, for tests of what is made of them.
#pragma once

namespace longattn::device {

// From now on the sums of slots are NaN.
inline bool& sums_are_broken() {
  static bool broken = false;
  return broken;
}

}  // namespace longattn::device
