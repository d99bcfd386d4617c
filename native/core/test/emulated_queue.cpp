// What queue.cpp has, where everything is done at once.
#include "device/fused/queue.h"

namespace longattn::device {

struct Queue::Parts {};
Queue::Queue(c10::Device) {}
Queue::~Queue() = default;
void* Queue::stream() const {
  return nullptr;
}
void Queue::mark() {}
void Queue::wait() const {}

}  // namespace longattn::device
