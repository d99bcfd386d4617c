// Heads whose numbers are beyond fp16, made to fit by a power of two of their own: exact, and undone in the logits.
//
// The largest number decides, and the others keep all their bits as long as they are not below 2^-14 then. Up to 2^8 a
// head that mixes numbers of 10^7 and of 10^-2 is still better off than in bf16, whose every number has 8 bits; beyond
// it bf16 is the better half.
#pragma once

#include <stdint.h>
#include <string.h>

#include "device/fused/fused_kernel.h"

namespace longattn {
namespace device {

constexpr int kMostShrink = 8;

// How many halvings bring the magnitude with these bits (PackArguments::beyond) into fp16: 0 for no bits.
inline int halvings_into_half(uint32_t bits) {
  float size;
  memcpy(&size, &bits, sizeof size);
  int count = 0;
  for (; size > kLargestHalf; size /= 2) ++count;
  return count;
}

// 2^exponent.
inline float power_of_two(int exponent) {
  return ldexpf(1.0f, exponent);
}

}  // namespace device
}  // namespace longattn
