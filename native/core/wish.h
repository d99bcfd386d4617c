// What a variable of the environment wishes for, such as a kernel.
//
// getenv() while another thread changes the environment reads freed memory, and JavaScript may do that at any time
// (process.env). So a program that runs this code on threads keeps the wishes first, on the thread that may change
// them; before that, and in the core's tests, each call reads the environment.
#pragma once

namespace longattn {

inline constexpr const char* kCpuKernelVariable = "LONGATTN_CPU_KERNEL";
inline constexpr const char* kCudaKernelVariable = "LONGATTN_CUDA_KERNEL";

// Of one of the variables above; null if it is not set. What is returned stays valid.
const char* wish(const char* variable);
// From now on the wishes are those of the first call.
void keep_wishes();

}  // namespace longattn
