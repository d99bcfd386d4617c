// What the driver hands to the attention kernel of AMX tiles: plain C data. The kernel is compiled with its own
// instruction set flags, so this header includes no STL and declares no inline function (the linker might keep that
// copy for the whole program).
//
// An element is four bytes, a pair of bf16, the first in the low half: neighbours of one query or key, or of the values
// of two neighbouring keys. Everything is in base 2: queries come multiplied by scale * log2(e), and a key's weight is
// 2^(x - shift).
#pragma once

#include <stdint.h>

namespace longattn {
namespace flash {

// Keys are packed in panels of this many; the last one is filled up with zeros.
constexpr int kPanel = 64;
// Rows of a block: its queries and sums stay in the second-level cache while the panels go by.
constexpr int kBlockRows = 96;
// Keys, or numbers of a value, side by side in the packed panels; divides kPanel.
constexpr int kColumns = 32;
// Pairs of a query or key are a multiple of this, filled up with zeros.
constexpr int kPairs = 16;
// Keys that a `near` mask always shows: the attention sink.
constexpr int kAlwaysNear = 4;

// Rows first_row .. first_row + rows - 1 of one head, rows <= kBlockRows.
struct Block {
  const void* queries;  // [kBlockRows][elements], filled up with zeros
  const void* keys;     // panels of [kPanel / kColumns][elements][kColumns]
  const void* values;   // panels of [value_chunks][kPanel / 2][kColumns]
  float* sums;          // scratch, [kBlockRows][value_chunks * kColumns]
  float* out;           // row r at out + r * out_stride, value_dim floats
  int64_t out_stride;
  int64_t first_row;
  int64_t rows;
  int64_t elements;  // of a query or key
  int64_t value_dim;
  int64_t value_chunks;  // ceil(value_dim / kColumns)
  int64_t window;        // key i is visible iff n - i < window ...
  int64_t near;          // ... and n - i < near or i < kAlwaysNear
  float softcap;         // > 0: x = softcap * tanh(x / softcap), in base 2
  float alibi;           // x += alibi * (i - n), in base 2
  float sink;            // one more logit in the normaliser, in base 2; ignored unless has_sink
  int has_sink;
};

// Needs AVX-512 F, BW and BF16, AMX tiles and BF16.
void run_tiles(const Block& block);

}  // namespace flash
}  // namespace longattn
