// Fibers, collective operations, copies and barriers.
#include "emulated_machine.h"

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

void Emulator::collective(int kind, int group, int size, const char* what, void* operand, const Work& work) {
  Collective& all = collectives_[{block(), kind, group}];
  if (all.waiting.empty()) {
    all.what = what;
    all.operands.assign(static_cast<size_t>(launch_.threads), nullptr);
  }
  if (all.what != what) fail("threads that must act together do not: " + all.what + " and " + what);
  all.operands[thread()] = operand;
  if (static_cast<int>(all.waiting.size()) + 1 < size) {
    all.waiting.push_back(running_);
    pause();
    return;
  }
  std::vector<void*> operands;
  for (void* one : all.operands)
    if (one != nullptr) operands.push_back(one);
  if (work) work(operands);
  wake(all.waiting);
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

}  // namespace machine
}  // namespace device
}  // namespace longattn
