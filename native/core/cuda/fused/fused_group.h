// Our kernel for one head group. Internal: includes torch. A CPU build has has_fused() == false and nothing else here.
#pragma once

#include "cuda/group_paths.h"

namespace longattn::device {

bool has_fused();

// Why the kernel cannot compute this problem, or empty: softcap, ALiBi, a sliding window, heads wider than 256.
std::string fused_refuses(const AttentionProblem& problem);

// `tensors` are fp16 or bf16 on a CUDA device. Throws NotFinite, Cancelled, c10::OutOfMemoryError, Error for an error
// of the CUDA runtime.
GroupResult fused_group(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors);

}  // namespace longattn::device
