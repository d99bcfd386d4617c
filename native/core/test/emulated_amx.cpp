#include "emulated_amx.h"

#include <cstdlib>

#include "bf16.h"

namespace emulated_amx {
namespace {

float number(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

Tile& tile(int number) {
  static thread_local Tile tiles[8];
  return tiles[number];
}

void load(int number, const void* base, int64_t stride) {
  for (int r = 0; r < 16; ++r) memcpy(tile(number).words[r], static_cast<const char*>(base) + r * stride, 64);
}

void store(int number, void* base, int64_t stride) {
  for (int r = 0; r < 16; ++r) memcpy(static_cast<char*>(base) + r * stride, tile(number).words[r], 64);
}

void zero(int number) {
  tile(number) = {};
}

void multiply_pairs(int c, int a, int b) {
  for (int m = 0; m < 16; ++m) {
    for (int n = 0; n < 16; ++n) {
      float sum = number(tile(c).words[m][n]);
      for (int k = 0; k < 16; ++k) {
        const uint32_t left = tile(a).words[m][k], right = tile(b).words[k][n];
        sum += number(left << 16) * number(right << 16);
        sum += number(left & 0xffff0000U) * number(right & 0xffff0000U);
      }
      memcpy(&tile(c).words[m][n], &sum, sizeof sum);
    }
  }
}

void configure(const void* config) {
  const auto* bytes = static_cast<const uint8_t*>(config);
  bool as_assumed = bytes[0] == 1;
  for (int t = 0; t < 8; ++t) {
    uint16_t row_bytes;
    memcpy(&row_bytes, bytes + 16 + 2 * t, sizeof row_bytes);
    as_assumed = as_assumed && row_bytes == 64 && bytes[48 + t] == 16;
  }
  if (!as_assumed) abort();
}

__m512bh round_pairs(__m512 high, __m512 low) {
  float values[32];
  memcpy(values, &low, 64);
  memcpy(values + 16, &high, 64);
  uint16_t rounded[32];
  for (int i = 0; i < 32; ++i) rounded[i] = static_cast<uint16_t>(longattn::bf16_of(values[i]));
  __m512bh result;
  memcpy(&result, rounded, sizeof result);
  return result;
}

}  // namespace emulated_amx
