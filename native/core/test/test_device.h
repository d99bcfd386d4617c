// The device that the device tests run on: the one that LONGATTN_TEST_DEVICE names, else torch's CPU.
#pragma once

#include <cstdlib>

#include "cuda/aten.h"
#include "cuda/device.h"

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

}  // namespace fixture
