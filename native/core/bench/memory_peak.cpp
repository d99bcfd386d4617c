// A child process, because freed memory that the allocator keeps would hide the next call's.
#include "memory_peak.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace longattn::bench {
namespace {

// A field of /proc/self/status in bytes, or -1.
double status_bytes(const char* field) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return -1;
  char line[256];
  double kilobytes = -1;
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::strncmp(line, field, std::strlen(field)) == 0) std::sscanf(line + std::strlen(field), ": %lf", &kilobytes);
  std::fclose(file);
  return kilobytes < 0 ? -1 : kilobytes * 1024;
}

bool reset_peak() {
  std::FILE* file = std::fopen("/proc/self/clear_refs", "w");
  if (file == nullptr) return false;
  const bool written = std::fputs("5", file) >= 0;
  return std::fclose(file) == 0 && written;
}

double measure(const std::function<void()>& prepare, const std::function<void()>& work) {
  prepare();
  if (!reset_peak()) return -1;
  const double before = status_bytes("VmRSS");
  work();
  const double peak = status_bytes("VmHWM");
  return before < 0 || peak < 0 ? -1 : peak - before;
}

}  // namespace

double peak_bytes(const std::function<void()>& prepare, const std::function<void()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const double bytes = measure(prepare, work);
    const bool sent = write(ends[1], &bytes, sizeof bytes) == sizeof bytes;
    _exit(sent ? 0 : 1);
  }
  double bytes = -1;
  close(ends[1]);
  if (child < 0 || read(ends[0], &bytes, sizeof bytes) != sizeof bytes) bytes = -1;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return bytes;
}

}  // namespace longattn::bench
