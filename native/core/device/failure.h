// What goes wrong on a device, told apart from what is wrong with the data: too little memory, which shorter windows
// help, and a failure of the device or of its driver, which nothing in the data explains. Internal: includes torch.
#pragma once

#include <c10/util/Exception.h>

#include <string>

#include "device/device.h"
#include "error.h"

namespace longattn::device {

// `what`: the CUDA runtime's words.
inline Error device_failure(const std::string& what) {
  return Error(kDeviceFailed, "the GPU failed: " + what +
                                  ". The data is not at fault, and what was done before is kept. Start again; if it "
                                  "comes back, look for the card's errors (nvidia-smi -q, dmesg), set "
                                  "LONGATTN_CUDA_KERNEL=tiles, or use --device cpu.");
}

// What `work` returns. `for_what`: what the memory was for.
template <typename Work>
auto on_device(const Placement& placement, const std::string& for_what, const Work& work) {
  try {
    return work();
  } catch (const c10::OutOfMemoryError&) {
    if (placement.kind == Placement::Kind::cpu) throw;
    throw Error(kOutOfMemory, "the device has not enough memory for " + for_what +
                                  ". Use shorter windows, end other programs on the device, use a larger one, or use "
                                  "--device cpu.");
  } catch (const c10::Error& error) {
    if (placement.kind != Placement::Kind::cuda) throw;
    const std::string text = error.what_without_backtrace();
    throw device_failure(text.substr(0, text.find('\n')));
  }
}

}  // namespace longattn::device
