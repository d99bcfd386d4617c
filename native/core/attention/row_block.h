// What the driver hands to a row kernel: plain C data and nothing else.
//
// Kernels are compiled with their own instruction set flags. An inline function of the STL compiled there could be the
// copy that the linker keeps for the whole program, and crash an older CPU; so this header includes no STL and declares
// no inline.
//
// Everything is in base 2: queries come multiplied by scale * log2(e), x = logit * log2(e) - shift, and p = 2^x is a
// key's weight before it is divided by the row's normaliser.
#pragma once

#include <stdint.h>

namespace longattn {
namespace attention {

constexpr int kMaxSegments = 33;  // 32 distance bins, one of them cut in two by k
constexpr int kSinks = 4;
constexpr double kLog2E = 1.44269504088896340736;

// Runs of distances that are summed together: segment s holds distances low[s] <= n - i < low[s + 1], ascending, none
// empty.
struct Segments {
  int count;
  int first_far;  // segments from this one on are at distance >= k; == count where there is none
  int64_t low[kMaxSegments + 1];
  int bin[kMaxSegments];
};

// Unnormalised sums of one row, all relative to 2^shift. `sink` holds the keys 0..3, which stand in no segment.
struct RowState {
  double mass[kMaxSegments];
  double squares[kMaxSegments];
  double sink[kSinks];
  double weighted;  // sum of p * x over all keys, for the entropy
  double peak;      // largest p in the far segments
  float shift;
};

// Rows first_row .. first_row + rows - 1 of one head, against keys 0 .. first_row + rows - 1: what every block of work
// starts from.
struct BlockInput {
  const void* queries;  // [rows rounded up to the kernel's row_group, padded dim], row-major, 64-byte aligned
  const void*
      panels;  // [ceil(length / panel_columns)][padded dim][panel_columns], 64-byte aligned, zero where there is no key
  int64_t dim;  // padded: what one row of `queries` holds, in floats or in bf16 pairs
  int64_t first_row;
  int64_t rows;
  float softcap;                      // > 0: x = softcap * tanh(q.k); the driver divided the queries by the cap
  double alibi;                       // added to x: alibi * (i - n)
  int64_t window;                     // > 0: key i is visible iff n - i < window
  bool (*stop)(const void* context);  // polled once a panel; true: return at once, what is written is not read
  const void* stop_context;
};

// The rows of softmax(logits) V.
struct Values {
  const float* panels;  // [ceil(length / panel_columns)][chunks][panel_columns keys][panel_columns], 64-byte aligned
  int64_t dim;          // of a value
  int64_t chunks;       // ceil(dim / panel_columns)
  float* sums;          // scratch, [rows rounded up to row_group][chunks * panel_columns], 64-byte aligned
  float* masses;        // scratch, [rows rounded up to row_group][kMassFloats], 64-byte aligned
  double sink;          // one more logit in the normaliser, in base 2
  bool has_sink;        // false: there is none
  float* out;           // row r at out + r * out_stride, dim floats
  int64_t out_stride;
};
constexpr int kMassFloats = 16;

// Values alone.
struct ValueBlock : BlockInput {
  Values values;
  int64_t near;  // > 0: key i is visible only if n - i < near or i < kSinks, besides the window
};

// The statistics of docs/definitions.md, row by row.
struct RowBlock : BlockInput {
  const Values* values;  // or null: computed along with them, in the bits of ValueBlock
  const Segments* segments;
  bool entropy;      // keep RowState::weighted
  bool far_peak;     // keep RowState::peak
  RowState* states;  // out: [rows rounded up to row_group]; those of the padding are meaningless
  void* scratch;     // [rows rounded up to row_group][scratch_bytes], 64-byte aligned, for the kernel's own use
};

// The weights of the rows, summed over runs of keys. NaN or Inf in a sum: the row is not finite.
struct MapBlock : BlockInput {
  const int64_t* edges;  // [runs + 1]: run j holds keys edges[j] .. edges[j + 1] - 1; none is empty, the last ends at L
  int64_t runs;
  double* sums;   // out: [runs][rows rounded up to row_group], relative to 2^shift
  float* shifts;  // out: [rows rounded up to row_group]
};

enum class Input { f32, bf16_pairs };

// One implementation. The numbers are its tile sizes: the driver packs keys and queries to fit them.
struct RowKernel {
  const char* name;
  Input input;
  int64_t panel_columns;  // keys of a panel
  int64_t row_group;      // rows of a register tile
  int64_t block_rows;     // rows of a work item, a multiple of row_group
  int64_t scratch_bytes;  // a row
  void (*run)(const RowBlock& block);
  void (*run_values)(const ValueBlock& block);  // null: has none, and run() wants no values either
  void (*run_map)(const MapBlock& block);
};

}  // namespace attention
}  // namespace longattn
