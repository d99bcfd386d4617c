// The machine that the kernel's code runs on: a GPU, or the tests' emulation of one on the CPU.
//
// Everything of the kernel that is not C++ (threads, barriers, asynchronous copies, tensor cores) stands behind these
// few functions, so that what ctest runs where there is no GPU is the kernel itself: its walk, its stages, its barriers
// and its addresses. machine_gpu.h says what each function does.
#pragma once

#include "device/fused/host_device.h"

#ifdef __CUDACC__
#define LONGATTN_DEVICE __device__ __forceinline__
#include "device/fused/machine_gpu.h"
#else
#define LONGATTN_DEVICE inline
#include LONGATTN_MACHINE_HEADER  // who compiles it for the CPU says with what: the tests alone
#endif
