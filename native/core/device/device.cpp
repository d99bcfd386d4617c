// A device's name against this build and this machine.
#include "device/device.h"

namespace longattn {

std::vector<int> parse_devices(const std::string& text) {
  const bool cpu = text == "cpu" || text == kTorchCpu;  // the driver is not even asked
  return parse_devices(text, cpu ? 0 : static_cast<int>(cuda_devices().size()), built_with_cuda());
}

std::vector<Placement> placements(const std::string& text) {
  if (text == "cpu") return {{Placement::Kind::cpu}};
  if (text == kTorchCpu) return {{Placement::Kind::torch_cpu}};
  std::vector<Placement> result;
  for (const int index : parse_devices(text)) result.push_back({Placement::Kind::cuda, index});
  return result;
}

}  // namespace longattn
