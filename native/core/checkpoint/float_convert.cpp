// F16 by integer shift and one multiplication (no F16C instruction, so that the file builds for every CPU and
// vectorises).
#include "checkpoint/float_convert.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace longattn {
namespace {

float from_f16(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  // Exponent and mantissa moved to float32's place read as value * 2^-112: multiplying repairs the bias, subnormals
  // included.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  // Inf and NaN: the multiplication made a finite number of exponent 31.
  const uint32_t bits =
      magnitude >= 0x7c00u ? 0x7f800000u | ((magnitude & 0x03ffu) << 13) : std::bit_cast<uint32_t>(scaled);
  return std::bit_cast<float>(sign | bits);
}

float from_bf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// 4 bits of exponent, biased by 7, and 3 of mantissa; no Inf, and NaN where all are set.
float from_f8_e4m3(uint8_t bits) {
  const int exponent = (bits >> 3) & 15;
  const int mantissa = bits & 7;
  if (exponent == 15 && mantissa == 7) return std::numeric_limits<float>::quiet_NaN();
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                        : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
  return (bits & 0x80) != 0 ? -magnitude : magnitude;
}

// The upper half of an F16.
float from_f8_e5m2(uint8_t bits) {
  return from_f16(static_cast<uint16_t>(bits << 8));
}

// A power of two; 255 is NaN.
float from_e8m0(uint8_t bits) {
  return bits == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0f, bits - 127);
}

template <typename One>
std::array<float, 256> table_of(One one) {
  std::array<float, 256> table;
  for (int bits = 0; bits < 256; ++bits) table[static_cast<size_t>(bits)] = one(static_cast<uint8_t>(bits));
  return table;
}

void look_up(const void* source, int64_t count, const std::array<float, 256>& table, float* out) {
  const auto* bytes = static_cast<const unsigned char*>(source);
  for (int64_t i = 0; i < count; ++i) out[i] = table[bytes[i]];
}

// 2 bits of exponent and 1 of mantissa.
void from_f4_e2m1(const void* source, int64_t count, float* out) {
  constexpr std::array kValues = {0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                  -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};
  const auto* bytes = static_cast<const unsigned char*>(source);
  for (int64_t i = 0; i + 1 < count; i += 2) {
    out[i] = kValues[bytes[i / 2] & 15];
    out[i + 1] = kValues[bytes[i / 2] >> 4];
  }
}

uint16_t to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t scaled = std::bit_cast<uint32_t>(std::bit_cast<float>(bits & 0x7fffffffu) * 0x1p-112f);
  const uint32_t magnitude = (bits & 0x7fffffffu) >= 0x7f800000u ? 0x7c00u | ((bits >> 13) & 0x03ffu) : scaled >> 13;
  return static_cast<uint16_t>(((bits >> 16) & 0x8000u) | magnitude);
}

uint16_t to_bf16(float value) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
}

template <typename Convert>
void narrow(const float* source, int64_t count, void* out, Convert one) {
  auto* bytes = static_cast<unsigned char*>(out);
  for (int64_t i = 0; i < count; ++i) {
    const uint16_t bits = one(source[i]);
    std::memcpy(bytes + 2 * i, &bits, 2);
  }
}

template <typename Convert>
void convert(const void* source, int64_t count, float* out, Convert one) {
  const auto* bytes = static_cast<const unsigned char*>(source);
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + 2 * i, 2);
    out[i] = one(bits);
  }
}

}  // namespace

void to_float32(DType dtype, const void* source, int64_t count, float* out) {
  switch (dtype) {
    case DType::f32:
      std::memcpy(out, source, static_cast<size_t>(count) * 4);
      return;
    case DType::f16:
      return convert(source, count, out, from_f16);
    case DType::bf16:
      return convert(source, count, out, from_bf16);
    case DType::f8_e4m3: {
      static const std::array<float, 256> table = table_of(from_f8_e4m3);
      return look_up(source, count, table, out);
    }
    case DType::f8_e5m2: {
      static const std::array<float, 256> table = table_of(from_f8_e5m2);
      return look_up(source, count, table, out);
    }
    case DType::e8m0: {
      static const std::array<float, 256> table = table_of(from_e8m0);
      return look_up(source, count, table, out);
    }
    case DType::f4_e2m1:
      return from_f4_e2m1(source, count, out);
  }
}

void from_float32(DType dtype, const float* source, int64_t count, void* out) {
  switch (dtype) {
    case DType::f32:
      std::memcpy(out, source, static_cast<size_t>(count) * 4);
      return;
    case DType::f16:
      return narrow(source, count, out, to_f16);
    case DType::bf16:
      return narrow(source, count, out, to_bf16);
    default:
      break;  // nobody stores numbers in a quantized type
  }
}

}  // namespace longattn
