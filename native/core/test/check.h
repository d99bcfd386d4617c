// The smallest test harness that serves: a failed CHECK prints where and what, and the program's exit code says whether
// any did. No library, so that the core's tests build wherever there is a compiler.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

namespace check {

inline int& failures() {
  static int count = 0;
  return count;
}

inline void report(bool ok, const char* file, int line, const std::string& what) {
  if (ok) return;
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

// |a - b| <= relative * |b| + absolute; false for NaN.
inline bool close(double a, double b, double relative, double absolute) {
  return std::fabs(a - b) <= relative * std::fabs(b) + absolute;
}

// For the last line of main().
inline int exit_code() {
  if (failures() > 0) std::fprintf(stderr, "%d checks failed\n", failures());
  return failures() > 0 ? 1 : 0;
}

// The same where nothing could be tested: ctest counts it as skipped (SKIP_RETURN_CODE), not as passed.
inline int skipped(const char* why) {
  std::printf("skipped: %s\n", why);
  return 77;
}

}  // namespace check

#undef CHECK  // torch has one of its own
#define CHECK(condition) check::report((condition), __FILE__, __LINE__, #condition)
#define CHECK_MESSAGE(condition, message) check::report((condition), __FILE__, __LINE__, (message))
#define CHECK_THROWS(expression, exception)                                               \
  do {                                                                                    \
    bool thrown = false;                                                                  \
    try {                                                                                 \
      (void)(expression);                                                                 \
    } catch (const exception&) {                                                          \
      thrown = true;                                                                      \
    }                                                                                     \
    check::report(thrown, __FILE__, __LINE__, #expression " does not throw " #exception); \
  } while (false)
