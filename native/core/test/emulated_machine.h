// The machine of device/fused/machine.h on the CPU: every thread of every block is a fiber, and instructions of a warp
// or of four warps wait until all their threads have come, then do what the PTX manual says.
//
// Asynchronous copies and products happen as early or as late as the manual allows, and threads run by turns or one far
// ahead of the others, by choice: what a kernel reads before it waited, or overwrites before it was read, comes out
// wrong. Memory that nobody wrote is NaN. A deadlock and a warp that splits at an instruction of all its lanes end the
// program with a message.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "device/fused/fused_type.h"

namespace longattn {
namespace device {
namespace machine {

enum class Timing { early, late };

struct alignas(8) Barrier {
  uint64_t state;
};

class Emulator {
 public:
  struct Launch {
    int blocks, threads;
    size_t shared_bytes;
    Timing timing;
  };

  // Runs `kernel` (shared memory) on every thread of every block. One at a time in a program.
  static void run(const Launch& launch, const std::function<void(unsigned char*)>& kernel);

  static Emulator& now();

  int thread() const { return running_->thread; }
  int block() const { return running_->block; }
  int threads() const { return launch_.threads; }
  Timing timing() const { return launch_.timing; }

  // Waits for all `size` threads of a group of the block; the last to come does `work` for all. `operand` is what a
  // thread brings and takes away: work sees the group's, ordered by thread.
  using Work = std::function<void(const std::vector<void*>& operands)>;
  void collective(int kind, int group, int size, const char* what, void* operand, const Work& work);

  uint32_t shared_address(const void* p) const;
  unsigned char* shared(uint32_t address, size_t bytes) const;

  void add_copy(uint32_t to, const void* from);
  void commit_copies();
  void wait_copies(size_t pending);

  void start_barrier(const Barrier& barrier, int arrivals);
  void arrive(const Barrier& barrier, int bytes);
  void wait(const Barrier& barrier, int parity);
  void copy_bulk(uint32_t to, const void* from, int bytes, const Barrier& barrier);

  // Products of the calling thread's four warps that nobody has waited for yet.
  std::vector<std::function<void()>>& pending_products();

  [[noreturn]] static void fail(const std::string& what);

 private:
  struct Copy {
    unsigned char* to;
    const void* from;
    size_t bytes;
  };
  struct Fiber {
    ucontext_t start;
    jmp_buf state;
    char* stack;
    int block, thread;
    bool started = false, done = false;
    std::vector<Copy> copies;              // not yet in a group
    std::deque<std::vector<Copy>> groups;  // committed
  };
  struct Collective {
    std::string what;
    std::vector<void*> operands;
    std::vector<Fiber*> waiting;
  };
  struct BarrierState {
    int arrivals = 0, pending = 0, phase = 0;
    int64_t bytes = 0;
    std::vector<Copy> copies;  // that have not come yet
    std::vector<Fiber*> waiting;
  };

  explicit Emulator(const Launch& launch) : launch_(launch) {}
  void add_fiber(int block, int thread);
  void schedule();
  void resume();
  void pause();  // until somebody wakes this thread
  void wake(std::vector<Fiber*>& waiting);
  BarrierState& state_of(const Barrier& barrier);
  void end_phase(BarrierState& state);
  static void entry();

  static constexpr size_t kStackBytes = size_t{64} << 10;

  Launch launch_;
  const std::function<void(unsigned char*)>* kernel_ = nullptr;
  std::vector<std::unique_ptr<unsigned char[]>> memory_;  // of each block
  std::vector<unsigned char*> bases_;                     // aligned to 1,024
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::map<std::vector<int>, Collective> collectives_;
  std::map<const Barrier*, BarrierState> barriers_;
  std::map<int, std::vector<std::function<void()>>> products_;
  std::deque<Fiber*> ready_;
  jmp_buf scheduler_;
  const void* home_ = nullptr;  // the scheduler's stack, for the address sanitizer
  size_t home_bytes_ = 0;
  Fiber* running_ = nullptr;
};

// --- what machine_gpu.h has ---

inline int thread() {
  return Emulator::now().thread();
}
inline int block() {
  return Emulator::now().block();
}
void sync_block();
void sync_threads(int count);
void sync_warp();
float shuffle_xor(float value, int mask);
double shuffle_xor(double value, int mask);
inline int take_next(int* counter) {
  return (*counter)++;
}
inline void raise(unsigned* value, unsigned bits) {
  if (bits > *value) *value = bits;
}

uint16_t fp16_bits(float x);
uint16_t bf16_bits(float x);
template <FusedType kType>
uint16_t half_bits(float x) {
  return kType == FusedType::fp16 ? fp16_bits(x) : bf16_bits(x);
}

inline unsigned float_bits(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline void load_floats(float (&x)[8], const float* from) {
  std::memcpy(x, from, sizeof x);
}

inline uint32_t shared_address(const void* p) {
  return Emulator::now().shared_address(p);
}
inline void copy_async(uint32_t to, const void* from) {
  Emulator::now().add_copy(to, from);
}
inline void commit_copies() {
  Emulator::now().commit_copies();
}
template <int kPending>
void wait_copies() {
  Emulator::now().wait_copies(kPending);
}

void load_matrices(uint32_t (&r)[4], uint32_t address);
void warp_products(FusedType type, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
template <FusedType kType>
void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  warp_products(kType, c, a, b0, b1);
}

template <int kRegisters>
void more_registers() {}
template <int kRegisters>
void fewer_registers() {}

inline void start_barrier(Barrier& barrier, int arrivals) {
  Emulator::now().start_barrier(barrier, arrivals);
}
inline void publish_barriers() {}
inline void arrive(Barrier& barrier) {
  Emulator::now().arrive(barrier, 0);
}
inline void arrive_expecting(Barrier& barrier, int bytes) {
  Emulator::now().arrive(barrier, bytes);
}
inline void wait(Barrier& barrier, int parity) {
  Emulator::now().wait(barrier, parity);
}
inline void copy_bulk(uint32_t to, const void* from, int bytes, Barrier& barrier) {
  Emulator::now().copy_bulk(to, from, bytes, barrier);
}

inline void begin_products() {}
void group_products(FusedType type, float (&c)[16][4], uint64_t a, uint64_t b, int add);
template <FusedType kType>
void multiply_rows(float (&c)[16][4], uint64_t a, uint64_t b, int add) {
  group_products(kType, c, a, b, add);
}
void end_products(float (&c)[16][4]);

}  // namespace machine
}  // namespace device
}  // namespace longattn
