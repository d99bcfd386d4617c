// Rounding of a float32 to bf16, its upper half.
#pragma once

#include <cstdint>
#include <cstring>

namespace longattn {

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// In the low half. To nearest, ties to even; NaN stays NaN.
inline uint32_t bf16_of(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return value != value ? 0x7fc0u : rounded;
}

}  // namespace longattn
