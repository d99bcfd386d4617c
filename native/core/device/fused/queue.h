// The queue of a device that kernels are put into. Apart, so that the tests' emulated device can stand in for it.
#pragma once

#include <c10/core/Device.h>

#include <memory>

namespace longattn::device {

class Queue {
 public:
  // Torch's current one. These throw Error(kDeviceFailed) for an error of the CUDA runtime.
  explicit Queue(c10::Device device);
  ~Queue();
  Queue(const Queue&) = delete;

  void* stream() const;  // a cudaStream_t

  void mark();        // the end of what is in the queue now
  void wait() const;  // until the device comes to the mark

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace longattn::device
