// The pieces of a bf16 product that need AMX: plain C data, no STL, no inline function, for the reason that
// attend/flash_block.h gives.
//
// Rows go in strips and outputs in panels of 32, inputs in steps of 32. A strip is [steps][32 rows][16 pairs of
// inputs], a panel [steps][16 pairs of inputs][32 outputs], a pair 4 bytes, the first number in the low half; what
// does not exist is zero.
#pragma once

#include <stdint.h>

namespace longattn {
namespace bf16 {

constexpr int64_t kSide = 32;                      // rows of a strip, outputs of a panel, inputs of a step
constexpr int64_t kStepPairs = kSide * kSide / 2;  // pairs of a step of a strip or panel

// x: `rows` of a strip, `stride` floats apart; rounded to nearest.
void pack_strip(const float* x, int64_t stride, int64_t rows, int64_t inputs, uint32_t* strip);
// weight: `outputs` rows of bf16, `stride` apart, not aligned.
void pack_panel(const uint16_t* weight, int64_t stride, int64_t outputs, int64_t inputs, uint32_t* panel);

// Strips by panels over a piece of the inputs. All strides in pairs, those of out in floats.
struct Piece {
  const uint32_t* strips;  // at the piece's first step
  int64_t strip_stride;    // from one strip to the next
  int64_t strip_count;
  const uint32_t* panels;
  int64_t panel_stride;
  int64_t panel_count;
  int64_t steps;
  float* out;  // [strip_count * 32][panel_count * 32], or more floats from row to row
  int64_t out_stride;
  int add;  // to what is there
};
void multiply_piece(const Piece& piece);

}  // namespace bf16
}  // namespace longattn
