// F16 by integer shift and one multiplication (no F16C instruction, so that the file builds for every CPU and
// vectorises).
#include "checkpoint/float_convert.h"

#include <bit>
#include <cstring>

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
  }
}

}  // namespace longattn
