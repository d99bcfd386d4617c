// How to start the kernels: plain C data, no torch, no CUDA headers.
#pragma once

#include <stdint.h>

#include "attention/row_block.h"
#include "device/fused/fused_type.h"
#include "device/fused/layout.h"
#include "device/fused/row_end.h"

namespace longattn {
namespace device {

// Statistics of all heads of a window.
struct FusedArguments {
  const void* q;             // packed: [heads][query_tiles] tiles of kQueryTileRows x dim, rotated, not scaled
  const void* k;             // packed: [heads / group][key_tiles] tiles of kKeyTileRows x dim
  double* slots;             // out: [heads][blocks][kSlotFields], every number written
  float* token_far;          // out: [heads][length] or null
  void* workspace;           // fused_workspace_bytes()
  const float* sink_logits;  // [heads] on the device, base 2, or null
  const float* slopes;       // [heads], base 2, or null: x += slope * (i - n)
  const float* factors;      // [heads], or null: products are these times too small (PackArguments::shrink)
  float scale;               // x = scale * q.k in base 2; with a softcap: x = softcap * tanh(scale * q.k)
  float softcap;             // base 2, or 0
  int window;                // > 0: key i is visible iff n - i < window
  int length, heads, group;  // `group` query heads share a key head
  int query_tiles, key_tiles;
  attention::Segments segments;
};

// Whether logits are more than a positive multiple of a product: such problems take the kernel's general half.
inline bool fused_mapped(const FusedArguments& a) {
  return a.softcap > 0 || a.slopes != nullptr || a.factors != nullptr || a.window > 0 || !(a.scale > 0);
}

// Rows of heads on the device, rotated and packed.
struct PackArguments {
  const float* rows;  // number e of head h of row r is rows[r * row_stride + h * head_stride + e]
  int64_t row_stride, head_stride;
  const int32_t* index;  // [length]: the row of each position, or null: row n
  const float* cos;      // [length][half], or null where half is 0
  const float* sin;
  int half, offset, first_stride, second_offset;  // RopeTable's
  int length, heads, dim;
  int tiles;            // of each head; rows from `length` on are zero
  void* out;            // [heads][tiles]
  const float* shrink;  // [heads], powers of two that the numbers are multiplied by, or null
  unsigned* beyond;     // [heads], raised to the bits of the largest magnitude that the type cannot hold; else left
};
// Shape of the packing grid: heads that a thread packs (it reads the angles of a chunk for all of them), and rows of a
// block of threads, a thread for each chunk of each row.
constexpr int kPackHeads = 8, kPackRows = 16;
constexpr unsigned kInfinityBits = 0x7f800000;  // `beyond` from here on: a number is not finite
constexpr float kLargestHalf = 65504;

// Bounds of a window, so that items and the numbers of rows and keys fit an int with room to spare.
constexpr int kFusedMaxLength = 1 << 24, kFusedMaxHeads = 1 << 12;

// What a window's blocks leave behind, added up.
struct SumArguments {
  const double* slots;     // [heads][blocks][kSlotFields]
  const float* token_far;  // [heads][length] or null
  double* sums;            // out: [heads][kSlotFields]
  double* token_sums;      // out: [length], over the heads
  int blocks, heads, length;
};
// How many numbers that is.
inline int64_t sum_count(const SumArguments& a) {
  return static_cast<int64_t>(a.heads) * kSlotFields + (a.token_far != nullptr ? a.length : 0);
}

// The widths that kernels are compiled for; dim is filled up with zeros to the next. 0 if there is none.
inline int fused_dim(int64_t dim) {
  return dim <= 64 ? 64 : dim <= 128 ? 128 : dim <= 256 ? 256 : 0;
}
// Bytes of a workspace before the blocks' own: the counter of items, with which the sums stay aligned.
constexpr int64_t kCounterBytes = 256;
// What the current device does fastest for that width; or CUDA's error text, else null.
FusedProduct fused_product(int dim, const char** error);
// Rows of a head that a block owns.
constexpr int fused_rows(FusedProduct product, int dim) {
  return product == FusedProduct::wgmma ? 3 * kQueryTileRows : dim > 128 ? kQueryTileRows : 2 * kQueryTileRows;
}
inline int64_t fused_blocks(FusedProduct product, int dim, int64_t length) {
  const int rows = fused_rows(product, dim);
  return (length + rows - 1) / rows;
}
inline int fused_query_tiles(FusedProduct product, int dim, int64_t length) {
  return static_cast<int>(fused_blocks(product, dim, length) * fused_rows(product, dim) / kQueryTileRows);
}
inline int fused_key_tiles(int64_t length) {
  return static_cast<int>((length + kKeyTileRows - 1) / kKeyTileRows);
}
inline int64_t workspace_bytes(int rows, int64_t blocks) {
  return kCounterBytes + static_cast<int64_t>(sizeof(SegmentSum)) * attention::kMaxSegments * rows * blocks;
}
// On the current device. 0 and an error text if CUDA fails.
int64_t fused_workspace_bytes(FusedProduct product, FusedType type, int dim, const char** error);

// These start on the current device and stream (a cudaStream_t). They return null, or CUDA's error text.
const char* fused_pack_queries(FusedType type, int dim, const PackArguments& arguments, void* stream);
const char* fused_pack_keys(FusedType type, int dim, const PackArguments& arguments, void* stream);
const char* fused_start(FusedProduct product, FusedType type, int dim, const FusedArguments& arguments, void* stream);
const char* fused_sum(const SumArguments& arguments, void* stream);

}  // namespace device
}  // namespace longattn
