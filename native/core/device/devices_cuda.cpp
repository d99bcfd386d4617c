// Asks the CUDA runtime. No driver, an old driver and no device all mean "none": a machine without a GPU can load a
// CUDA build and use its CPU half.
#include <cuda_runtime_api.h>

#include "device/device.h"

namespace longattn {

bool built_with_cuda() {
  return true;
}

std::vector<CudaDevice> cuda_devices() {
  int count = 0;
  std::vector<CudaDevice> devices;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    (void)cudaGetLastError();  // it would be taken for the next call's
    return devices;
  }
  for (int index = 0; index < count; ++index) {
    cudaDeviceProp properties = {};
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess) break;
    devices.push_back(
        {index, properties.name, properties.major, properties.minor, static_cast<int64_t>(properties.totalGlobalMem)});
  }
  return devices;
}

}  // namespace longattn
