// The emulated machine where the compiler fortifies, as Ubuntu's does by default: its threads jump between stacks, and
// a checked longjmp() takes that for an error and ends the program. This program is built so whatever the default is.
#include "emulated_machine.h"

#include "check.h"

#if !defined(_FORTIFY_SOURCE) || _FORTIFY_SOURCE < 3
#error "this test is about a fortified build: see device_tests.cmake"
#endif

namespace {

using namespace longattn::device::machine;

// Two warps: each lane's number goes round its warp, the warps wait for each other, and the first adds up both.
void test_threads(Timing timing) {
  constexpr int kThreads = 64;
  float total = 0;
  Emulator::run({1, kThreads, sizeof(float) * kThreads, timing}, [&](unsigned char* memory) {
    auto* numbers = reinterpret_cast<float*>(memory);
    float sum = static_cast<float>(thread());
    for (int mask = 16; mask > 0; mask /= 2) sum += shuffle_xor(sum, mask);
    numbers[thread()] = sum;
    sync_block();
    if (thread() == 0) total = numbers[0] + numbers[32];
  });
  CHECK(total == kThreads * (kThreads - 1) / 2);
}

// One warp copies for another and says so by a barrier.
void test_copies(Timing timing) {
  struct Memory {
    alignas(16) float copy[4];
    Barrier full;
  };
  alignas(16) const float from[4] = {1, 2, 3, 4};
  float sum = 0;
  Emulator::run({1, 64, sizeof(Memory), timing}, [&](unsigned char* bytes) {
    Memory& memory = *reinterpret_cast<Memory*>(bytes);
    if (thread() == 0) start_barrier(memory.full, 1);
    sync_block();
    if (thread() == 32) {
      arrive_expecting(memory.full, sizeof from);
      copy_bulk(shared_address(memory.copy), from, sizeof from, memory.full);
    }
    if (thread() == 0) {
      wait(memory.full, 0);
      for (const float x : memory.copy) sum += x;
    }
  });
  CHECK(sum == 10);
}

}  // namespace

int main() {
  for (const Timing timing : {Timing::early, Timing::late}) {
    test_threads(timing);
    test_copies(timing);
  }
  return check::exit_code();
}
