// Sets flush-to-zero and denormals-are-zero for the calling thread, and puts the old state back at the end of the
// scope.
//
// Deep layers make denormal weights by the million, each a slow trap in the middle of the sums, and none of them counts
// in a float32 row. The state is per thread, and torch's own threads do not share it.
#pragma once

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
#else
  FloatEnvironment() {}  // arm64 handles denormals at full speed
  ~FloatEnvironment() {}
#endif
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;
};

}  // namespace longattn::attention
