// What keeps vectors in registers, for the structs of this folder and the kernels written over them.
//
// A struct is its instruction set alone: how many rows and vectors a register tile has is the kernel's. It is compiled
// with the flags of the file that includes it, so it stands in an anonymous namespace and takes nothing of the STL: an
// inline function compiled with AVX-512 must never be the copy that the linker keeps for a file that runs on every CPU.
#pragma once

#define LONGATTN_INLINE inline __attribute__((always_inline))
// Loops over a register tile must be unrolled completely, or its arrays do not become registers.
#define LONGATTN_UNROLL _Pragma("GCC unroll 16")
