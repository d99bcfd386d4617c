// The device of fused_smoke: a GPU by the CUDA runtime, or the emulated machine, whose memory is the CPU's.
#pragma once

#include <cstddef>
#include <string>

namespace longattn::smoke {

// An error of the device prints its words and ends the program with 1.
std::string device_name();
// Blocks of a kernel that the device runs at once, at most.
int resident_blocks();

void* allocate(size_t bytes);
void release(void* memory);
void upload(void* to, const void* from, size_t bytes);
// After all that was started has ended.
void download(void* to, const void* from, size_t bytes);

}  // namespace longattn::smoke
