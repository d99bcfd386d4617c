// The part of LLVM's OpenMP interface (kmp.h) that Clang makes calls to for the core's loops, on threads of our own.
// The portable build carries it in place of an OpenMP runtime: GCC's cannot be linked into a shared library, Zig brings
// none, and LLVM's comes as a shared library only (Debian's packages, PyPI's cmeel-libomp), larger than the core, with
// switches and a check for a second runtime that are those of the whole process, in which torch's libgomp may be the
// second.
//
// What the core has: parallel regions with num_threads, static and dynamic loops over int64, one named critical
// section; a region within a region is one thread. No answer depends on who does a piece (parallel_rows.h, driver.cpp),
// so nothing here is seen in the bits.
#include <omp.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using Body = void (*)(int32_t*, int32_t*, ...);
constexpr int kMaxArguments = 15;

// A loop whose pieces go to whoever comes: the threads of a region share its n-th loop, which the first to come there
// makes.
struct DynamicLoop {
  std::atomic<int64_t> next{0};
  int64_t last = -1, chunk = 1;
};

// The threads of one region, and what they share.
struct Team {
  Body body = nullptr;
  void* arguments[kMaxArguments] = {};
  int size = 1;
  std::mutex lock;
  std::condition_variable changed;
  int waiting = 0;
  int64_t barriers = 0;
  std::vector<DynamicLoop*> loops;
};

thread_local Team* team = nullptr;
thread_local int number = 0;
thread_local int wanted = 0;
thread_local int64_t loops_entered = 0;
thread_local DynamicLoop* current_loop = nullptr;

void call(Team& t) {
  int32_t global = number, bound = number;
  void** a = t.arguments;
  // Pointers beyond those that the body names are not looked at.
  t.body(&global, &bound, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13],
         a[14]);
}

void work(Team& t, int as) {
  team = &t;
  number = as;
  loops_entered = 0;
  call(t);
  team = nullptr;
  number = 0;
}

// Threads that wait for a region. One set a starting thread, so that two models never wait for each other.
class Pool {
 public:
  void run(Team& t) {
    while (static_cast<int>(threads_.size()) < t.size - 1) add();
    {
      std::lock_guard<std::mutex> hold(lock_);
      team_ = &t;
      size_ = t.size;
      busy_ = t.size - 1;
      ++region_;
    }
    start_.notify_all();
    work(t, 0);
    std::unique_lock<std::mutex> hold(lock_);
    done_.wait(hold, [&] { return busy_ == 0; });
  }

  ~Pool() {
    {
      std::lock_guard<std::mutex> hold(lock_);
      end_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void add() {
    const int as = static_cast<int>(threads_.size()) + 1;
    threads_.emplace_back([this, as, seen = region_]() mutable {
      for (;;) {
        Team* t;
        {
          std::unique_lock<std::mutex> hold(lock_);
          start_.wait(hold, [&] { return end_ || region_ != seen; });
          if (end_) return;
          seen = region_;
          // Who has no part in it may come when the region is over and its team gone.
          if (as >= size_) continue;
          t = team_;
        }
        work(*t, as);
        std::lock_guard<std::mutex> hold(lock_);
        if (--busy_ == 0) done_.notify_one();
      }
    });
  }

  std::mutex lock_;
  std::condition_variable start_, done_;
  std::vector<std::thread> threads_;
  Team* team_ = nullptr;
  int size_ = 0, busy_ = 0;
  int64_t region_ = 0;
  bool end_ = false;
};

std::mutex critical_section;

}  // namespace

extern "C" {

int omp_get_max_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

int omp_get_thread_num() {
  return number;
}

int32_t __kmpc_global_thread_num(void*) {
  return number;
}
void __kmpc_push_num_threads(void*, int32_t, int32_t count) {
  wanted = count;
}

void __kmpc_fork_call(void*, int32_t count, Body body, ...) {
  thread_local Pool pool;
  Team t;
  t.body = body;
  va_list list;
  va_start(list, body);
  if (count > kMaxArguments) std::abort();
  for (int i = 0; i < count; ++i) t.arguments[i] = va_arg(list, void*);
  va_end(list);
  const int asked = wanted > 0 ? wanted : omp_get_max_threads();
  wanted = 0;
  if (team != nullptr) {  // within a region: this thread alone
    Team* const outer = team;
    const int as = number;
    const int64_t entered = loops_entered;
    DynamicLoop* const loop = current_loop;
    work(t, 0);
    current_loop = loop;
    team = outer;
    number = as;
    loops_entered = entered;
  } else {
    t.size = asked;
    pool.run(t);
  }
  for (DynamicLoop* loop : t.loops) delete loop;
}

void __kmpc_barrier(void*, int32_t) {
  Team& t = *team;
  std::unique_lock<std::mutex> hold(t.lock);
  const int64_t now = t.barriers;
  if (++t.waiting == t.size) {
    t.waiting = 0;
    ++t.barriers;
    t.changed.notify_all();
  } else {
    t.changed.wait(hold, [&] { return t.barriers != now; });
  }
}

// schedule(static): one piece a thread, the first ones longer by one. No thread of this code asks for another kind.
void __kmpc_for_static_init_8(void*, int32_t, int32_t, int32_t* is_last, int64_t* lower, int64_t* upper,
                              int64_t* stride, int64_t increment, int64_t) {
  const int64_t steps = (*upper - *lower) / increment + 1, size = team ? team->size : 1;
  const int64_t least = steps / size, more = steps % size, begin = number * least + (number < more ? number : more);
  const int64_t mine = least + (number < more ? 1 : 0), first = *lower;
  *stride = steps * increment;
  *is_last = begin + mine == steps && mine > 0;
  *lower = first + begin * increment;
  *upper = first + (begin + mine - 1) * increment;
}
// The same of unsigned counters, which two loops made one have; no count of the core passes 2^63.
void __kmpc_for_static_init_8u(void* at, int32_t global, int32_t schedule, int32_t* is_last, uint64_t* lower,
                               uint64_t* upper, int64_t* stride, int64_t increment, int64_t chunk) {
  __kmpc_for_static_init_8(at, global, schedule, is_last, reinterpret_cast<int64_t*>(lower),
                           reinterpret_cast<int64_t*>(upper), stride, increment, chunk);
}
void __kmpc_for_static_fini(void*, int32_t) {}

void __kmpc_dispatch_init_8(void*, int32_t, int32_t, int64_t lower, int64_t upper, int64_t, int64_t chunk) {
  Team& t = *team;
  std::lock_guard<std::mutex> hold(t.lock);
  const int64_t serial = loops_entered++;
  if (static_cast<int64_t>(t.loops.size()) <= serial) {
    auto* loop = new DynamicLoop;
    loop->next = lower;
    loop->last = upper;
    loop->chunk = chunk > 0 ? chunk : 1;
    t.loops.push_back(loop);
  }
  current_loop = t.loops[serial];
}

int32_t __kmpc_dispatch_next_8(void*, int32_t, int32_t* is_last, int64_t* lower, int64_t* upper, int64_t* stride) {
  DynamicLoop& loop = *current_loop;
  const int64_t first = loop.next.fetch_add(loop.chunk);
  if (first > loop.last) return 0;
  *lower = first;
  *upper = first + loop.chunk - 1 < loop.last ? first + loop.chunk - 1 : loop.last;
  *stride = 1;
  *is_last = *upper == loop.last;
  return 1;
}

void __kmpc_dispatch_deinit(void*, int32_t) {}

void __kmpc_critical(void*, int32_t, void*) {
  critical_section.lock();
}
void __kmpc_end_critical(void*, int32_t, void*) {
  critical_section.unlock();
}
}
