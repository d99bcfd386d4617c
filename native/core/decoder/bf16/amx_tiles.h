// Products of bf16 by AMX tiles. Include only from a file with its own flags, after _tile_loadconfig(&config).
//
// In an unnamed namespace: an inline function compiled for AMX must never be the copy that the linker keeps for a file
// that runs on every CPU.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace longattn {
namespace {
namespace amx {

constexpr int kSide = 16;                  // rows and columns of a tile of sums, rows of pairs of a tile of factors
constexpr int kPairBytes = 2 * kSide * 4;  // a row of b below: pairs of 32 columns

// As the processor reads it: palette 1, every tile 16 rows of 64 bytes.
struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// c [32][32] (+)= a [32][16 * steps pairs] times b [16 * steps pairs][32]. Strides in bytes: from a row of a to the
// next, from 16 pairs of it to the next 16, and from a row of c to the next.
// The barriers are the compiler's: its own tile loads do not say that they read memory.
template <bool kAdd>
inline __attribute__((always_inline)) void multiply(const void* a, int64_t a_stride, int64_t a_step, int64_t steps,
                                                    const void* b, float* c, int64_t c_stride) {
  __asm__ volatile("" ::: "memory");
  const char* left = static_cast<const char*>(a);
  const char* right = static_cast<const char*>(b);
  char* low = reinterpret_cast<char*>(c);
  char* high = low + kSide * c_stride;
  if (kAdd) {
    _tile_loadd(0, low, c_stride);
    _tile_loadd(1, low + 64, c_stride);
    _tile_loadd(2, high, c_stride);
    _tile_loadd(3, high + 64, c_stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t step = 0; step < steps; ++step, left += a_step, right += kSide * kPairBytes) {
    _tile_loadd(4, left, a_stride);
    _tile_loadd(6, right, kPairBytes);
    _tile_loadd(7, right + 64, kPairBytes);
    _tile_loadd(5, left + kSide * a_stride, a_stride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, low, c_stride);
  _tile_stored(1, low + 64, c_stride);
  _tile_stored(2, high, c_stride);
  _tile_stored(3, high + 64, c_stride);
  __asm__ volatile("" ::: "memory");
}

}  // namespace amx
}  // namespace
}  // namespace longattn
