// Checks of the core's errors (code and a part of the message) and of values, beside those of check.h.
#pragma once

#include <string>

#include "check.h"
#include "error.h"

namespace check {

template <typename Call>
void throws_error(const Call& call, const std::string& code, const std::string& part, const char* file, int line) {
  try {
    call();
    report(false, file, line, "nothing was thrown, expected " + code + ": ..." + part + "...");
  } catch (const longattn::Error& error) {
    const std::string message = error.what();
    report(error.code == code && message.find(part) != std::string::npos, file, line,
           std::string(error.code) + ": " + message + " was thrown, expected " + code + ": ..." + part + "...");
  }
}

inline void near(double a, double b, double relative, double absolute, const char* what, const char* file, int line) {
  report(close(a, b, relative, absolute), file, line,
         std::string(what) + ": " + std::to_string(a) + " and " + std::to_string(b) + " differ by " +
             std::to_string(std::fabs(a - b) / (std::fabs(b) > 0 ? std::fabs(b) : 1) * 1e9) + "e-9 relative");
}

}  // namespace check

#define CHECK_ERROR(expression, code, part) \
  check::throws_error([&] { (void)(expression); }, code, part, __FILE__, __LINE__)
#define CHECK_NEAR(a, b, relative, absolute) check::near((a), (b), (relative), (absolute), #a, __FILE__, __LINE__)
