// Asked of the processor itself (cpuid), and of xgetbv whether the operating system keeps the registers: a CPU whose
// AVX-512 is switched off by the kernel answers no. Not by __builtin_cpu_supports: Zig's compiler_rt answers no to
// everything.
#include "simd/cpu_features.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>

#include <cstdint>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace longattn::simd {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

namespace {

struct Found {
  bool avx2_fma = false, avx512 = false, avx512_bf16 = false, amx_bf16 = false;
};

// Registers that the system saves: SSE and AVX; with 0xe0 also the masks and both parts of zmm; the
// configuration and the data of tiles.
constexpr uint32_t kYmm = 0x06, kZmm = 0xe6, kTiles = 0x60000;

uint32_t saved_registers() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// Bits as Intel's manual numbers them (volume 2A, CPUID).
Found ask() {
  Found found;
  const auto bit = [](uint32_t word, int number) { return (word >> number & 1) != 0; };
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  const bool fma = bit(c, 12), avx = bit(c, 28), osxsave = bit(c, 27);
  if (!osxsave || !avx) return found;
  const uint32_t saved = saved_registers();
  if ((saved & kYmm) != kYmm || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  const uint32_t subleaves = a;
  const bool tiles = (saved & kTiles) == kTiles && bit(d, 22) && bit(d, 24);  // AMX-BF16, AMX-TILE
  found.avx2_fma = bit(b, 5) && fma;
  found.avx512 = found.avx2_fma && (saved & kZmm) == kZmm && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31);
  if (found.avx512 && subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) found.avx512_bf16 = bit(a, 5);
  found.amx_bf16 = found.avx512_bf16 && tiles;
  return found;
}

const Found& found() {
  static const Found once = ask();
  return once;
}

// Tiles are 8 KiB of state a thread, which Linux keeps only for a process that has asked.
bool tiles_granted() {
#ifdef __linux__
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
#else
  return false;
#endif
}

}  // namespace

bool cpu_has_avx2_fma() {
  return found().avx2_fma;
}

bool cpu_has_avx512() {
  return found().avx512;
}

bool cpu_has_avx512_bf16() {
  return found().avx512_bf16;
}

bool cpu_has_amx_bf16() {
  return found().amx_bf16 && tiles_granted();
}

#else

bool cpu_has_avx2_fma() {
  return false;
}
bool cpu_has_avx512() {
  return false;
}
bool cpu_has_avx512_bf16() {
  return false;
}
bool cpu_has_amx_bf16() {
  return false;
}

#endif

}  // namespace longattn::simd
