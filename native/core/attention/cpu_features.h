// Which instruction sets this CPU has and the operating system keeps the registers of.
#pragma once

namespace longattn::attention {

bool cpu_has_avx2_fma();
bool cpu_has_avx512();       // F, BW, DQ, VL
bool cpu_has_avx512_bf16();  // the above and BF16

// Of code that is written once a width: the widest that this CPU has, or what LONGATTN_CPU_KERNEL names, where portable
// and reference have no vectors. A name that is no kernel's is refused by attention_kernel(), which comes first.
enum class VectorWidth { none, avx2, avx512 };
VectorWidth vector_width();

// Of products whose factors may be rounded to bf16: whether to do so. Yes where LONGATTN_CPU_KERNEL names avx512bf16,
// no where it names another; else the maker decides. AMD's processors multiply twice as many bf16 as floats in a cycle,
// Intel's no more of them but in AMX, which nothing here uses.
bool bf16_products();

}  // namespace longattn::attention
