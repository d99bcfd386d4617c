// A stream and an event of the CUDA runtime.
#include "device/fused/queue.h"

#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include "device/failure.h"

namespace longattn::device {
namespace {

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // nobody after us shall find it
  throw device_failure(cudaGetErrorString(status));
}

}  // namespace

struct Queue::Parts {
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
};

Queue::Queue(c10::Device device) : parts_(std::make_unique<Parts>()) {
  parts_->stream = c10::cuda::getCurrentCUDAStream(device.index()).stream();
  check(cudaEventCreateWithFlags(&parts_->event, cudaEventDisableTiming));
}

Queue::~Queue() {
  cudaEventDestroy(parts_->event);
}

void* Queue::stream() const {
  return parts_->stream;
}

void Queue::mark() {
  check(cudaEventRecord(parts_->event, parts_->stream));
}

void Queue::wait() const {
  check(cudaEventSynchronize(parts_->event));
}

}  // namespace longattn::device
