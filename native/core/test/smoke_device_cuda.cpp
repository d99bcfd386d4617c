// On the GPU that CUDA_VISIBLE_DEVICES names first.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>

#include "smoke_device.h"

namespace longattn::smoke {
namespace {

constexpr int kMostBlocks = 2;  // of a multiprocessor

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::printf("{\"passed\":false,\"error\":\"CUDA: %s\"}\n", cudaGetErrorString(status));
  std::fflush(stdout);
  std::_Exit(1);
}

cudaDeviceProp properties() {
  cudaDeviceProp found = {};
  check(cudaGetDeviceProperties(&found, 0));
  return found;
}

}  // namespace

std::string device_name() {
  return properties().name;
}

int resident_blocks() {
  return kMostBlocks * properties().multiProcessorCount;
}

void* allocate(size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes));
  check(cudaMemset(memory, 0xff, bytes));  // what nobody writes is NaN
  return memory;
}

void release(void* memory) {
  check(cudaFree(memory));
}

void upload(void* to, const void* from, size_t bytes) {
  check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
}

void download(void* to, const void* from, size_t bytes) {
  check(cudaDeviceSynchronize());
  check(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost));
}

}  // namespace longattn::smoke
