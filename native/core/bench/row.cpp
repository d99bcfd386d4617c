#include "row.h"

#include <cstdio>
#include <ctime>

namespace longattn::bench {

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void print_row(bool json, const std::string& name, double value, const std::string& unit, double ratio,
               const std::string& ratio_to) {
  if (json) {
    const std::string tail = ratio_to.empty()
                                 ? "\"ratio\":null,\"ratio_to\":null"
                                 : "\"ratio\":" + std::to_string(ratio) + ",\"ratio_to\":\"" + ratio_to + "\"";
    std::printf("{\"bench\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",%s}\n", name.c_str(), value, unit.c_str(),
                tail.c_str());
  } else if (ratio_to.empty()) {
    std::printf("%-56s %9.4g %s\n", name.c_str(), value, unit.c_str());
  } else {
    std::printf("%-56s %9.4g %-8s %6.3f of %s\n", name.c_str(), value, unit.c_str(), ratio, ratio_to.c_str());
  }
  std::fflush(stdout);
}

}  // namespace longattn::bench
