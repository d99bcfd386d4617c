// Which instruction sets this CPU has and the operating system keeps the registers of.
#pragma once

namespace longattn::attention {

bool cpu_has_avx2_fma();
bool cpu_has_avx512();       // F, BW, DQ, VL
bool cpu_has_avx512_bf16();  // the above and BF16
bool cpu_has_amx_bf16();     // the above and AMX tiles of bf16, which Linux lets this process use

// Of code that is written once a width: the widest that this CPU has, or what LONGATTN_CPU_KERNEL names, where portable
// and reference have no vectors. A name that is no kernel's is refused by attention_kernel(), which comes first.
enum class VectorWidth { none, neon, avx2, avx512 };
VectorWidth vector_width();

// Of products whose factors may be rounded to bf16: whether to take AMX. Not where LONGATTN_CPU_KERNEL names a kernel
// that rounds nothing. AVX-512-BF16 alone is no gain on every maker's processors: on Intel's it is slower than floats.
bool bf16_tiles();

}  // namespace longattn::attention
