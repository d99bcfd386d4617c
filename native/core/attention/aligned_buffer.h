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

}  // namespace longattn::attention
