// The few instructions of the AMX kernels in plain C++, so that their code runs on processors without AMX. Forced into
// them by the compiler (-include), for the tests alone; an AVX-512 processor is still needed.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace emulated_amx {

// All tiles are 16 rows of 64 bytes, as the kernels configure them. A thread's own.
struct Tile {
  uint32_t words[16][16];
};
Tile& tile(int number);

void load(int number, const void* base, int64_t stride);
void store(int number, void* base, int64_t stride);
void zero(int number);
// c[m][n] += the products of the pairs a[m][k] and b[k][n].
void multiply_pairs(int c, int a, int b);
// What was configured is what load() and store() assume; anything else ends the program.
void configure(const void* config);
// 32 numbers rounded to bf16, those of `low` in the lower half.
__m512bh round_pairs(__m512 high, __m512 low);

}  // namespace emulated_amx

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_loadconfig
#undef _tile_release
#define _tile_loadd emulated_amx::load
#define _tile_stored emulated_amx::store
#define _tile_zero emulated_amx::zero
#define _tile_dpbf16ps emulated_amx::multiply_pairs
#define _tile_loadconfig emulated_amx::configure
#define _tile_release() static_cast<void>(0)
#define _mm512_cvtne2ps_pbh emulated_amx::round_pairs
