// "cuda" alone is device 0, as in torch. The order in which devices are named does not matter and is not kept.
//
// Apart from device.cpp, which asks the machine: a build without torch reads names too.
#include <algorithm>
#include <numeric>
#include <sstream>

#include "device/device.h"
#include "error.h"

namespace longattn {
namespace {

constexpr const char* kAllowed =
    "It must be cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all.";

[[noreturn]] void refuse(const std::string& text) {
  throw Error(kInvalidRequest, "device must not be \"" + text + "\". " + kAllowed);
}

// -1 for all.
int parse_index(const std::string& part, const std::string& text) {
  if (part == "cuda") return 0;
  if (part.rfind("cuda:", 0) != 0) refuse(text);
  const std::string index = part.substr(5);
  if (index == "all") return -1;
  if (index.empty() || index.size() > 4 ||
      !std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; }))
    refuse(text);
  return std::stoi(index);
}

}  // namespace

std::vector<int> parse_devices(const std::string& text, int available, bool cuda_build) {
  if (text == "cpu" || text == kTorchCpu) return {};
  std::vector<int> devices;
  bool all = false;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const int index = parse_index(part, text);
    all = all || index < 0;
    devices.push_back(index);
  }
  if (devices.empty() || text.back() == ',' || (all && devices.size() > 1)) refuse(text);
  if (!cuda_build) {
    throw Error(kDeviceUnavailable,
                "device must not be \"" + text +
                    "\": this build has no CUDA. Use cpu, or build with a CUDA torch and nvcc (docs/cuda.md).");
  }
  if (all) {
    devices.resize(std::max(available, 1));
    std::iota(devices.begin(), devices.end(), 0);
  }
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  if (devices.back() >= available) {
    const std::string found = available == 0 ? "no CUDA device (longattn doctor lists them; check the driver)"
                                             : std::to_string(available) + " CUDA device(s), numbered from 0";
    throw Error(kDeviceUnavailable, "device must not be \"" + text + "\": this machine has " + found + ".");
  }
  return devices;
}

}  // namespace longattn
