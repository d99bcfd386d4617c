// How to start the kernel: plain C data, no torch, no CUDA headers.
#pragma once

#include <stdint.h>

#include "attention/row_block.h"

namespace longattn {
namespace device {

enum class FusedType { fp16, bf16 };

struct FusedArguments {
  const void* q;             // [heads][length][dim] fp16 or bf16, rotated, not scaled, 16-byte aligned
  const void* k;             // [length][dim]
  double* slots;             // out: [heads][blocks][kSlotFields], every number written
  float* token_far;          // out: [heads][length] or null
  void* workspace;           // fused_workspace_bytes()
  const float* sink_logits;  // [heads] on the device, base 2, or null
  float scale;               // > 0, with log2(e) in it
  int length, heads;
  attention::Segments segments;
};

constexpr int kFusedMaxLength = 1 << 30;

// The widths that the kernel is compiled for; dim is filled up with zeros to the next. 0 if there is none.
int fused_dim(int64_t dim);
int64_t fused_blocks(int64_t length, int dim);
// On the current device. 0 and an error text if CUDA fails.
int64_t fused_workspace_bytes(FusedType type, int dim, const char** error);

// Starts the kernel on the current device and stream (a cudaStream_t). Returns null, or CUDA's error text.
const char* fused_start(FusedType type, int dim, const FusedArguments& arguments, void* stream);

}  // namespace device
}  // namespace longattn
