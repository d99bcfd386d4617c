// Fibers, meetings, copies and barriers; then the instructions, by the tables of the PTX manual.
#include "emulated_machine.h"

#include <algorithm>
#include <cmath>

#include "float_convert.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace longattn {
namespace device {
namespace machine {
namespace {

Emulator* current = nullptr;

// Stacks outlive a run: getting and touching hundreds of new ones would take longer than many a kernel.
std::vector<std::unique_ptr<char[]>> stacks;

constexpr size_t kAlignment = 1024;
constexpr int kBlockMeeting = 0, kThreadsMeeting = 1, kWarpMeeting = 2, kGroupMeeting = 3;

float number(FusedType type, const void* at) {
  float x;
  to_float32(type == FusedType::fp16 ? DType::f16 : DType::bf16, at, 1, &x);
  return x;
}

template <typename T>
T shuffled(T value, int mask) {
  Emulator& emulator = Emulator::now();
  T mine = value;
  emulator.together(kWarpMeeting, emulator.thread() / 32, 32, "shuffle", &mine,
                    [mask](const std::vector<void*>& lanes) {
                      T values[32];
                      for (int lane = 0; lane < 32; ++lane) values[lane] = *static_cast<T*>(lanes[lane]);
                      for (int lane = 0; lane < 32; ++lane) *static_cast<T*>(lanes[lane]) = values[lane ^ mask];
                    });
  return mine;
}

}  // namespace

Emulator& Emulator::now() {
  return *current;
}

void Emulator::fail(const std::string& what) {
  std::fprintf(stderr, "emulated machine: %s\n", what.c_str());
  std::exit(1);
}

void Emulator::run(const Launch& launch, const std::function<void(unsigned char*)>& kernel) {
  Emulator emulator(launch);
  emulator.kernel_ = &kernel;
  current = &emulator;
  for (int block = 0; block < launch.blocks; ++block) {
    emulator.memory_.emplace_back(new unsigned char[launch.shared_bytes + kAlignment]);
    std::memset(emulator.memory_.back().get(), 0xff, launch.shared_bytes + kAlignment);
    const auto address = reinterpret_cast<uintptr_t>(emulator.memory_.back().get());
    emulator.bases_.push_back(emulator.memory_.back().get() + (kAlignment - address % kAlignment) % kAlignment);
    for (int thread = 0; thread < launch.threads; ++thread) emulator.add_fiber(block, thread);
  }
  emulator.schedule();
  current = nullptr;
}

void Emulator::add_fiber(int block, int thread) {
  fibers_.push_back(std::make_unique<Fiber>());
  Fiber& fiber = *fibers_.back();
  if (stacks.size() < fibers_.size()) stacks.emplace_back(new char[kStackBytes]);
  fiber.stack = stacks[fibers_.size() - 1].get();
  fiber.block = block;
  fiber.thread = thread;
  getcontext(&fiber.start);
  fiber.start.uc_stack.ss_sp = fiber.stack;
  fiber.start.uc_stack.ss_size = kStackBytes;
  fiber.start.uc_link = nullptr;
  makecontext(&fiber.start, &Emulator::entry, 0);
}

void Emulator::entry() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &now().home_, &now().home_bytes_);
#endif
  Emulator& emulator = now();
  (*emulator.kernel_)(emulator.bases_[emulator.block()]);
  emulator.running_->done = true;
  emulator.pause();
}

void Emulator::schedule() {
  for (const auto& fiber : fibers_) ready_.push_back(fiber.get());
  while (!ready_.empty()) {
    // By turns, or whoever became ready last: then a warp runs as far ahead of the others as barriers let it.
    running_ = timing() == Timing::early ? ready_.front() : ready_.back();
    timing() == Timing::early ? ready_.pop_front() : ready_.pop_back();
    resume();
  }
  for (const auto& fiber : fibers_)
    if (!fiber->done) fail("a deadlock: thread " + std::to_string(fiber->thread) + " waits for ever");
}

// setcontext() and the like ask the kernel at every switch; so only a fiber's first start is theirs.
void Emulator::resume() {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, running_->stack, kStackBytes);
#endif
  if (_setjmp(scheduler_) == 0) {
    if (running_->started) _longjmp(running_->state, 1);
    running_->started = true;
    setcontext(&running_->start);
  }
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

void Emulator::pause() {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(running_->done ? nullptr : &fake, home_, home_bytes_);
#endif
  if (_setjmp(running_->state) == 0) _longjmp(scheduler_, 1);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

void Emulator::wake(std::vector<Fiber*>& waiting) {
  ready_.insert(ready_.end(), waiting.begin(), waiting.end());
  waiting.clear();
}

void Emulator::together(int kind, int group, int size, const char* what, void* operand, const Work& work) {
  Meeting& meeting = meetings_[{block(), kind, group}];
  if (meeting.waiting.empty()) {
    meeting.what = what;
    meeting.operands.assign(static_cast<size_t>(launch_.threads), nullptr);
  }
  if (meeting.what != what) fail("threads that must act together do not: " + meeting.what + " and " + what);
  meeting.operands[thread()] = operand;
  if (static_cast<int>(meeting.waiting.size()) + 1 < size) {
    meeting.waiting.push_back(running_);
    pause();
    return;
  }
  std::vector<void*> operands;
  for (void* one : meeting.operands)
    if (one != nullptr) operands.push_back(one);
  if (work) work(operands);
  wake(meeting.waiting);
}

uint32_t Emulator::shared_address(const void* p) const {
  return static_cast<uint32_t>(static_cast<const unsigned char*>(p) - bases_[block()]);
}

unsigned char* Emulator::shared(uint32_t address, size_t bytes) const {
  if (address + bytes > launch_.shared_bytes) fail("shared memory is left at " + std::to_string(address));
  return bases_[block()] + address;
}

void Emulator::add_copy(uint32_t to, const void* from) {
  if (to % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) fail("cp.async at an odd address");
  const Copy copy = {shared(to, 16), from, 16};
  if (timing() == Timing::early) std::memcpy(copy.to, copy.from, copy.bytes);
  running_->copies.push_back(copy);
}

void Emulator::commit_copies() {
  running_->groups.push_back(std::move(running_->copies));
  running_->copies.clear();
}

void Emulator::wait_copies(size_t pending) {
  for (; running_->groups.size() > pending; running_->groups.pop_front())
    for (const Copy& copy : running_->groups.front())
      if (timing() == Timing::late) std::memcpy(copy.to, copy.from, copy.bytes);
}

Emulator::BarrierState& Emulator::state_of(const Barrier& barrier) {
  const auto found = barriers_.find(&barrier);
  if (found == barriers_.end()) fail("a barrier was not started");
  return found->second;
}

void Emulator::start_barrier(const Barrier& barrier, int arrivals) {
  barriers_[&barrier] = {arrivals, arrivals, 0, 0, {}, {}};
}

void Emulator::end_phase(BarrierState& state) {
  if (state.pending < 0) fail("more arrivals than a barrier's phase takes");
  if (state.pending > 0 || state.bytes != 0) return;
  state.phase ^= 1;
  state.pending = state.arrivals;
  wake(state.waiting);
}

void Emulator::arrive(const Barrier& barrier, int bytes) {
  BarrierState& state = state_of(barrier);
  state.bytes += bytes;
  --state.pending;
  end_phase(state);
}

void Emulator::copy_bulk(uint32_t to, const void* from, int bytes, const Barrier& barrier) {
  if (to % 16 != 0 || bytes % 16 != 0 || bytes >= 1 << 20 || reinterpret_cast<uintptr_t>(from) % 16 != 0)
    fail("a bulk copy at an odd address or of an odd size");
  BarrierState& state = state_of(barrier);
  const Copy copy = {shared(to, static_cast<size_t>(bytes)), from, static_cast<size_t>(bytes)};
  if (timing() == Timing::late) {
    state.copies.push_back(copy);
    wake(state.waiting);  // whoever waits first lets it come
    return;
  }
  std::memcpy(copy.to, copy.from, copy.bytes);
  state.bytes -= bytes;
  end_phase(state);
}

void Emulator::wait(const Barrier& barrier, int parity) {
  BarrierState& state = state_of(barrier);
  while (state.phase == parity) {
    if (state.copies.empty()) {
      state.waiting.push_back(running_);
      pause();
      continue;
    }
    for (const Copy& copy : state.copies) {
      std::memcpy(copy.to, copy.from, copy.bytes);
      state.bytes -= static_cast<int64_t>(copy.bytes);
    }
    state.copies.clear();
    end_phase(state);
  }
}

std::vector<std::function<void()>>& Emulator::pending_products() {
  return products_[block() * launch_.threads + thread() / 128];
}

// --- instructions ---

void sync_block() {
  Emulator& emulator = Emulator::now();
  char nothing;
  emulator.together(kBlockMeeting, 0, emulator.threads(), "barrier 0", &nothing, {});
}

void sync_threads(int count) {
  char nothing;
  Emulator::now().together(kThreadsMeeting, 0, count, "barrier 1", &nothing, {});
}

void sync_warp() {
  char nothing;
  Emulator::now().together(kWarpMeeting, thread() / 32, 32, "warp barrier", &nothing, {});
}

float shuffle_xor(float value, int mask) {
  return shuffled(value, mask);
}
double shuffle_xor(double value, int mask) {
  return shuffled(value, mask);
}

// To nearest, ties to even.
uint16_t fp16_bits(float x) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double size = std::fabs(static_cast<double>(x));
  if (std::isnan(x)) return 0x7e00;
  if (size < std::ldexp(1.0, -14)) return sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(size, 24)));
  int exponent;
  const auto mantissa = static_cast<int>(std::nearbyint(std::ldexp(std::frexp(size, &exponent), 11)));  // 1024..2048
  const int bits = ((exponent + 13) << 10) + mantissa;  // 2048 carries into the exponent
  return sign | static_cast<uint16_t>(std::min(bits, 0x7c00));
}

uint16_t bf16_bits(float x) {
  if (std::isnan(x)) return 0x7fc0;
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// ldmatrix.x4: matrix j's row i lies at the address that lane 8 j + i gives; lane l gets numbers 2 (l % 4) and the next
// of row l / 4 of each matrix.
void load_matrices(uint32_t (&r)[4], uint32_t address) {
  struct Operand {
    uint32_t address;
    uint32_t* registers;
  } mine = {address, r};
  Emulator& emulator = Emulator::now();
  emulator.together(kWarpMeeting, thread() / 32, 32, "ldmatrix", &mine, [&](const std::vector<void*>& lanes) {
    for (int lane = 0; lane < 32; ++lane)
      for (int matrix = 0; matrix < 4; ++matrix) {
        const uint32_t from = static_cast<Operand*>(lanes[8 * matrix + lane / 4])->address;
        if (from % 16 != 0) Emulator::fail("ldmatrix at an odd address");
        std::memcpy(&static_cast<Operand*>(lanes[lane])->registers[matrix], emulator.shared(from, 16) + lane % 4 * 4,
                    4);
      }
  });
}

// mma.m16n8k16: A in four registers, B in two.
void warp_products(FusedType type, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  struct Operand {
    float* c;
    const uint32_t* a;
    uint32_t b[2];
  } mine = {c, a, {b0, b1}};
  Emulator::now().together(kWarpMeeting, thread() / 32, 32, "mma", &mine, [type](const std::vector<void*>& lanes) {
    float left[16][16], right[16][8];
    for (int lane = 0; lane < 32; ++lane) {
      const Operand& o = *static_cast<Operand*>(lanes[lane]);
      for (int r = 0; r < 4; ++r)
        for (int i = 0; i < 2; ++i) {
          const auto half = [&](uint32_t word) {
            const auto bits = static_cast<uint16_t>(word >> (16 * i));
            return number(type, &bits);
          };
          left[lane / 4 + (r % 2 == 0 ? 0 : 8)][lane % 4 * 2 + i + (r < 2 ? 0 : 8)] = half(o.a[r]);
          if (r < 2) right[lane % 4 * 2 + i + 8 * r][lane / 4] = half(o.b[r]);
        }
    }
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        float& sum = static_cast<Operand*>(lanes[lane])->c[i];
        for (int k = 0; k < 16; ++k) sum += left[lane / 4 + (i < 2 ? 0 : 8)][k] * right[k][lane % 4 * 2 + i % 2];
      }
  });
}

namespace {

// Number k of row `row` of a K-major matrix with the 128-byte swizzle: rows of 128 bytes, eight of them, then the
// stride to the next eight; chunks of 16 bytes are exchanged by the address's own bits 7..9.
float described(const Emulator& emulator, FusedType type, uint64_t descriptor, int row, int k) {
  if (descriptor >> 62 != 1) Emulator::fail("wgmma: the descriptor names another swizzle than 128 bytes");
  if ((descriptor >> 49 & 7) != 0) Emulator::fail("wgmma: the descriptor has a base offset");
  const auto start = static_cast<uint32_t>(descriptor & 0x3fff) << 4;
  const auto stride = static_cast<uint32_t>(descriptor >> 32 & 0x3fff) << 4;
  const uint32_t plain = start + static_cast<uint32_t>(row / 8) * stride + static_cast<uint32_t>(row % 8) * 128 +
                         static_cast<uint32_t>(k) * 2;
  return number(type, emulator.shared(plain ^ ((plain >> 7 & 7) << 4), 2));
}

}  // namespace

// wgmma.m64n128k16: warp w of the four holds rows 16 w and on, as mma's accumulators lie.
void group_products(FusedType type, float (&c)[16][4], uint64_t a, uint64_t b, int add) {
  Emulator& emulator = Emulator::now();
  emulator.together(kGroupMeeting, thread() / 128, 128, "wgmma", c, [=, &emulator](const std::vector<void*>& threads) {
    const auto product = [=, &emulator] {
      std::vector<float> left(64 * 16), right(128 * 16);
      for (int k = 0; k < 16; ++k) {
        for (int row = 0; row < 64; ++row) left[row * 16 + k] = described(emulator, type, a, row, k);
        for (int key = 0; key < 128; ++key) right[key * 16 + k] = described(emulator, type, b, key, k);
      }
      for (int t = 0; t < 128; ++t) {
        auto* own = static_cast<float(*)[4]>(threads[t]);
        for (int tile = 0; tile < 16; ++tile)
          for (int i = 0; i < 4; ++i) {
            const int row = t / 32 * 16 + t % 32 / 4 + 8 * (i / 2), key = 8 * tile + t % 4 * 2 + i % 2;
            float sum = add != 0 ? own[tile][i] : 0.0f;
            for (int k = 0; k < 16; ++k) sum += left[row * 16 + k] * right[key * 16 + k];
            own[tile][i] = sum;
          }
      }
    };
    if (emulator.timing() == Timing::early) {
      product();
    } else {
      emulator.pending_products().push_back(product);
    }
  });
}

void end_products(float (&c)[16][4]) {
  Emulator& emulator = Emulator::now();
  emulator.together(kGroupMeeting, thread() / 128, 128, "wgmma wait", c, [&emulator](const std::vector<void*>&) {
    for (const auto& product : emulator.pending_products()) product();
    emulator.pending_products().clear();
  });
}

}  // namespace machine
}  // namespace device
}  // namespace longattn
