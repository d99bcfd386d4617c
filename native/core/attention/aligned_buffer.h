// Memory on a 64-byte boundary: what a full vector load wants, and what std::vector does not promise.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace longattn::attention {

struct AlignedDelete {
  void operator()(void* memory) const { ::operator delete(memory, std::align_val_t(64)); }
};

template <typename T>
using AlignedBuffer = std::unique_ptr<T[], AlignedDelete>;

// `count` elements of a trivial type, not initialised.
template <typename T>
AlignedBuffer<T> make_aligned(int64_t count) {
  return AlignedBuffer<T>(
      static_cast<T*>(::operator new(static_cast<size_t>(count) * sizeof(T) + 64, std::align_val_t(64))));
}

// Memory that grows to what is asked for and is kept for who asks next: fresh pages would cost more than many a use.
template <typename T>
class KeptBuffer {
 public:
  T* of(int64_t count) {
    if (count > size_) {
      buffer_ = make_aligned<T>(count);
      size_ = count;
    }
    return buffer_.get();
  }

 private:
  AlignedBuffer<T> buffer_;
  int64_t size_ = 0;
};

}  // namespace longattn::attention
