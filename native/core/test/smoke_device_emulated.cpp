// The emulated machine: the CPU's memory, and everything is done at once.
#include <cstring>
#include <new>

#include "smoke_device.h"

namespace longattn::smoke {
namespace {

constexpr std::align_val_t kAlignment{256};  // as CUDA's allocator

}  // namespace

std::string device_name() {
  return "emulated";
}

int resident_blocks() {
  return 3;  // of emulated_kernels.cpp
}

void* allocate(size_t bytes) {
  void* memory = ::operator new(bytes, kAlignment);
  std::memset(memory, 0xff, bytes);
  return memory;
}

void release(void* memory) {
  ::operator delete(memory, kAlignment);
}

void upload(void* to, const void* from, size_t bytes) {
  std::memcpy(to, from, bytes);
}

void download(void* to, const void* from, size_t bytes) {
  std::memcpy(to, from, bytes);
}

}  // namespace longattn::smoke
