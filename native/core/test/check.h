// A test harness in one header: CHECK reports and goes on, run_tests returns the exit code. Enough here, and nothing to
// download.
#pragma once

#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace longattn::test {

inline int failures = 0;

inline void report(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  ++failures;
}

// |a - b| <= tolerance * max(|a|, |b|) + floor
inline bool near(double a, double b, double tolerance, double floor = 0) {
  return std::fabs(a - b) <= tolerance * std::fmax(std::fabs(a), std::fabs(b)) + floor;
}

template <typename T>
std::string show(const T& value) {
  std::ostringstream out;
  out.precision(17);
  out << value;
  return out.str();
}

struct Test {
  const char* name;
  std::function<void()> body;
};

inline int run_tests(const std::vector<Test>& tests) {
  for (const Test& test : tests) {
    const int before = failures;
    try {
      test.body();
    } catch (const std::exception& error) {
      report(test.name, 0, std::string("threw ") + error.what());
    }
    std::printf("%s %s\n", failures == before ? "ok  " : "FAIL", test.name);
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace longattn::test

#define CHECK(condition)                                                                   \
  do {                                                                                     \
    if (!(condition)) longattn::test::report(__FILE__, __LINE__, "not true: " #condition); \
  } while (0)

#define CHECK_EQUAL(a, b)                                                                                 \
  do {                                                                                                    \
    const auto a_ = (a);                                                                                  \
    const auto b_ = (b);                                                                                  \
    if (!(a_ == b_))                                                                                      \
      longattn::test::report(__FILE__, __LINE__,                                                          \
                             #a " is " + longattn::test::show(a_) + ", not " + longattn::test::show(b_)); \
  } while (0)

#define CHECK_NEAR(a, b, ...)                                                                                  \
  do {                                                                                                         \
    const double a_ = (a), b_ = (b);                                                                           \
    if (!longattn::test::near(a_, b_, __VA_ARGS__))                                                            \
      longattn::test::report(__FILE__, __LINE__,                                                               \
                             #a " is " + longattn::test::show(a_) + ", not near " + longattn::test::show(b_)); \
  } while (0)

// The expression must throw an exception whose message contains `part`.
#define CHECK_THROWS(expression, part)                                                                           \
  do {                                                                                                           \
    std::string message_ = "(nothing)";                                                                          \
    try {                                                                                                        \
      (void)(expression);                                                                                        \
    } catch (const std::exception& error_) {                                                                     \
      message_ = error_.what();                                                                                  \
    }                                                                                                            \
    if (message_.find(part) == std::string::npos)                                                                \
      longattn::test::report(__FILE__, __LINE__, #expression " threw " + message_ + ", not ..." + part + "..."); \
  } while (0)
