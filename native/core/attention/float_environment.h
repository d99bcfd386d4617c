// Sets flush-to-zero and denormals-are-zero for the calling thread, and puts the old state back at the end of the
// scope.
//
// Deep layers make denormal weights by the million, each a slow trap in the middle of the sums, and none of them counts
// in a float32 row. ARM64 adds them at full speed, and drops them too: its sums have the bits of x86-64. The state is
// per thread, and torch's own threads do not share it.
#pragma once

#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace longattn::attention {

class FloatEnvironment {
 public:
#if defined(__SSE2__) || defined(_M_X64)
  FloatEnvironment() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlushToZero | kDenormalsAreZero); }
  ~FloatEnvironment() { _mm_setcsr(saved_); }

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  unsigned saved_;

 public:
#elif defined(__aarch64__)
  FloatEnvironment() : saved_(get()) { set(saved_ | kFlushToZero); }
  ~FloatEnvironment() { set(saved_); }

 private:
  static constexpr uint64_t kFlushToZero = uint64_t{1} << 24;  // FPCR.FZ: of operands and results
  static uint64_t get() {
    uint64_t state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void set(uint64_t state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
  uint64_t saved_;

 public:
#else
  FloatEnvironment() {}
  ~FloatEnvironment() {}
#endif
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace longattn::attention
