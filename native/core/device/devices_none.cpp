// The CPU build's answer to what devices there are.
#include "device/device.h"

namespace longattn {

bool built_with_cuda() {
  return false;
}

std::vector<CudaDevice> cuda_devices() {
  return {};
}

}  // namespace longattn
