// Which instruction sets this CPU has and the operating system keeps the registers of.
#pragma once

namespace longattn::simd {

bool cpu_has_avx2_fma();
bool cpu_has_avx512();       // F, BW, DQ, VL
bool cpu_has_avx512_bf16();  // the above and BF16
bool cpu_has_amx_bf16();     // the above and AMX tiles of bf16, which Linux lets this process use

}  // namespace longattn::simd
