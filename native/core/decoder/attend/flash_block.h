// What the driver hands to an attention kernel: plain C data. Kernels are compiled with their own instruction set
// flags, so this header includes no STL and declares no inline function (the linker might keep that copy for the whole
// program).
//
// An element is four bytes: one float, or two bf16, which are neighbours of one query or key, or of the values two
// neighbouring keys. Everything is in base 2: queries come multiplied by scale * log2(e), and a key's weight is 2^(x -
// shift).
#pragma once

#include <stdint.h>

namespace longattn {
namespace flash {

// Keys are packed in panels of this many; the last one is filled up with zeros.
constexpr int kPanel = 64;
constexpr int kTileRows = 6;
// Tiles of rows in a block: its queries and sums stay in the second-level cache while the panels go by.
constexpr int kBlockTiles = 16;
constexpr int kBlockRows = kTileRows * kBlockTiles;
// Keys that a `near` mask always shows: the attention sink.
constexpr int kAlwaysNear = 4;

// Rows first_row .. first_row + rows - 1 of one head, rows <= kBlockRows.
struct Block {
  const void* queries;  // [kBlockRows][elements], filled up with zeros
  const void* keys;     // panels of [kPanel / columns][elements][columns]
  const void* values;   // panels of [value_chunks][kPanel / numbers][columns]
  float* sums;          // scratch, [kBlockRows][value_chunks * columns]
  float* out;           // row r at out + r * out_stride, value_dim floats
  int64_t out_stride;
  int64_t first_row;
  int64_t rows;
  int64_t elements;  // of a query or key
  int64_t value_dim;
  int64_t value_chunks;  // ceil(value_dim / columns)
  int64_t window;        // key i is visible iff n - i < window ...
  int64_t near;          // ... and n - i < near or i < kAlwaysNear
  float softcap;         // > 0: x = softcap * tanh(x / softcap), in base 2
  float alibi;           // x += alibi * (i - n), in base 2
  float sink;            // one more logit in the normaliser, in base 2; ignored unless has_sink
  int has_sink;
};

struct Kernel {
  const char* name;
  int columns;  // width of a register tile; divides kPanel
  int numbers;  // of an element: 1, a float, or 2, a pair of bf16, the first in the low half
  int step;     // elements of a query or key are a multiple of this, filled up with zeros
  void (*run)(const Block& block);
};

const Kernel& portable_kernel();
const Kernel& avx2_kernel();    // needs AVX2 and FMA
const Kernel& avx512_kernel();  // needs AVX-512 F
const Kernel& amx_kernel();     // needs AVX-512 F, BW and BF16, AMX tiles and BF16; rounds its inputs and weights

}  // namespace flash
}  // namespace longattn
