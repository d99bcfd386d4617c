// The device that the device tests run on: the one that LONGATTN_TEST_DEVICE names, else torch's CPU.
#pragma once

#include <cstdlib>

#include "check.h"
#include "device/device.h"
#include "device/stats/group_tensors.h"

// Torch has a CHECK of its own, which ends the program.
#undef CHECK
#define CHECK(condition) check::report((condition), __FILE__, __LINE__, #condition)

namespace fixture {

inline longattn::Placement test_placement() {
  const char* name = std::getenv("LONGATTN_TEST_DEVICE");
  return longattn::placements(name != nullptr && *name != '\0' ? name : longattn::kTorchCpu).front();
}

inline at::Device test_device() {
  const longattn::Placement place = test_placement();
  if (place.kind != longattn::Placement::Kind::cuda) return at::kCPU;
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(place.index));
}

// A group of a problem whose rows are nobody's to keep.
inline longattn::device::GroupTensors group_of(const longattn::AttentionProblem& problem, int64_t kv_head,
                                               at::Device device) {
  longattn::device::DeviceTable table(device, 0);
  return longattn::device::read_group(longattn::device::read_rows(problem, {}, device, table), kv_head);
}

}  // namespace fixture
