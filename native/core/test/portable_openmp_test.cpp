// The portable build's OpenMP runtime, called as Clang calls it: every iteration once, whoever asks and however many
// ask at once. In that build it stands behind all tests of the core as well.
#include <omp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.h"

// kmp.h of LLVM: what Clang declares by itself.
extern "C" {
using Body = void (*)(int32_t*, int32_t*, ...);
void __kmpc_push_num_threads(void*, int32_t, int32_t count);
void __kmpc_fork_call(void*, int32_t count, Body body, ...);
void __kmpc_barrier(void*, int32_t);
void __kmpc_for_static_init_8(void*, int32_t, int32_t, int32_t*, int64_t*, int64_t*, int64_t*, int64_t, int64_t);
void __kmpc_for_static_fini(void*, int32_t);
void __kmpc_dispatch_init_8(void*, int32_t, int32_t, int64_t, int64_t, int64_t, int64_t);
int32_t __kmpc_dispatch_next_8(void*, int32_t, int32_t*, int64_t*, int64_t*, int64_t*);
void __kmpc_dispatch_deinit(void*, int32_t);
void __kmpc_critical(void*, int32_t, void*);
void __kmpc_end_critical(void*, int32_t, void*);
}

namespace {

using Work = std::function<void(int thread)>;

void outlined(int32_t* thread, int32_t*, const Work* work, const int64_t* seven) {
  CHECK(*thread == omp_get_thread_num() && *seven == 7);
  (*work)(*thread);
}

// #pragma omp parallel num_threads(threads), 0: without the clause
void region(int threads, const Work& work) {
  const int64_t seven = 7;
  if (threads > 0) __kmpc_push_num_threads(nullptr, 0, threads);
  __kmpc_fork_call(nullptr, 2, reinterpret_cast<Body>(reinterpret_cast<void (*)()>(outlined)), &work, &seven);
}

// #pragma omp for schedule(static) nowait; Clang leaves an empty loop out before it calls. Returns whether the last
// iteration was among them.
bool static_loop(int64_t first, int64_t last, int64_t step, const std::function<void(int64_t)>& body) {
  int32_t is_last = 0;
  int64_t lower = first, upper = last, stride = 1;
  __kmpc_for_static_init_8(nullptr, 0, 34, &is_last, &lower, &upper, &stride, step, 1);
  for (int64_t i = lower; i <= upper; i += step) body(i);
  __kmpc_for_static_fini(nullptr, 0);
  return is_last != 0;
}

// #pragma omp for schedule(dynamic, chunk) nowait
int dynamic_loop(int64_t first, int64_t last, int64_t chunk, const std::function<void(int64_t)>& body) {
  int32_t is_last = 0;
  int times_last = 0;
  int64_t lower, upper, stride;
  __kmpc_dispatch_init_8(nullptr, 0, 35, first, last, 1, chunk);
  while (__kmpc_dispatch_next_8(nullptr, 0, &is_last, &lower, &upper, &stride)) {
    times_last += is_last != 0;
    for (int64_t i = lower; i <= upper; i += stride) body(i);
  }
  __kmpc_dispatch_deinit(nullptr, 0);
  return times_last;
}

bool each_once(const std::vector<std::atomic<int>>& counts) {
  for (const std::atomic<int>& count : counts)
    if (count != 1) return false;
  return true;
}

void has_as_many_threads_as_asked() {
  for (const int threads : {1, 5, 2, 7, 0}) {
    const int want = threads > 0 ? threads : omp_get_max_threads();
    std::vector<std::atomic<int>> numbers(want);
    std::vector<std::thread::id> ids(want);
    region(threads, [&](int thread) {
      ++numbers.at(thread);
      ids.at(thread) = std::this_thread::get_id();
    });
    CHECK(each_once(numbers));
    CHECK(std::set<std::thread::id>(ids.begin(), ids.end()).size() == static_cast<size_t>(want));
    CHECK(ids[0] == std::this_thread::get_id() && omp_get_thread_num() == 0);
  }
}

void gives_each_iteration_once() {
  for (const int threads : {1, 2, 3, 8})
    for (const int64_t count : {1, 2, 7, 8, 100})
      for (const int64_t step : {1, 3}) {
        std::vector<std::atomic<int>> by_static(count), by_dynamic(count), again(count);
        std::atomic<int> last_of_static{0}, last_of_dynamic{0};
        region(threads, [&](int) {
          last_of_static +=
              static_loop(5, 5 + (count - 1) * step, step, [&](int64_t i) { ++by_static[(i - 5) / step]; });
          // One loop after another with no barrier between: who is early must not take the other's iterations.
          last_of_dynamic += dynamic_loop(-2, count - 3, step, [&](int64_t i) { ++by_dynamic[i + 2]; });
          dynamic_loop(0, count - 1, 1, [&](int64_t i) { ++again[i]; });
        });
        CHECK(each_once(by_static) && each_once(by_dynamic) && each_once(again));
        CHECK(last_of_static == 1 && last_of_dynamic == 1);
      }
}

void waits_at_a_barrier() {
  constexpr int kThreads = 4, kRounds = 200;
  std::vector<int> wrote(kThreads);
  std::atomic<bool> right{true};
  region(kThreads, [&](int thread) {
    for (int round = 1; round <= kRounds; ++round) {
      wrote[thread] = round;
      __kmpc_barrier(nullptr, 0);
      for (const int other : wrote) right = right && other == round;
      __kmpc_barrier(nullptr, 0);
    }
  });
  CHECK(right);
}

void lets_one_at_a_time_into_a_critical_section() {
  std::atomic<int> inside{0};
  std::atomic<bool> alone{true};
  region(4, [&](int) {
    for (int i = 0; i < 100; ++i) {
      __kmpc_critical(nullptr, 0, nullptr);
      alone = alone && ++inside == 1;
      std::this_thread::yield();
      --inside;
      __kmpc_end_critical(nullptr, 0, nullptr);
    }
  });
  CHECK(alone);
}

// A region within a region is this thread alone, and the loops around and after it go on as if it had not been.
void nests() {
  constexpr int64_t kCount = 30;
  std::vector<std::atomic<int>> inner(2 * kCount * kCount), outer(kCount), after(kCount);
  region(3, [&](int thread) {
    const auto within = [&](int64_t at) {
      region(2, [&](int number) {
        CHECK(number == 0);
        for (const int64_t first : {at * kCount, (at + kCount) * kCount})
          dynamic_loop(0, kCount - 1, 4, [&](int64_t j) { ++inner[first + j]; });
      });
      CHECK(omp_get_thread_num() == thread);
    };
    static_loop(0, kCount / 2 - 1, 1, within);
    dynamic_loop(kCount / 2, kCount - 1, 1, within);
    dynamic_loop(0, kCount - 1, 1, [&](int64_t i) {
      ++outer[i];
      region(1, [](int) {});
    });
    dynamic_loop(0, kCount - 1, 1, [&](int64_t i) { ++after[i]; });
  });
  CHECK(each_once(inner) && each_once(outer) && each_once(after));
}

// As parallel_rows.h does it: thrown by any thread, kept, thrown again by the one that asked.
void carries_exceptions() {
  std::vector<std::exception_ptr> failures(3);
  region(3, [&](int thread) {
    try {
      throw std::runtime_error(std::to_string(thread));
    } catch (...) {
      failures[thread] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures) CHECK_THROWS(std::rethrow_exception(failure), std::runtime_error);
}

// Several lanes of an addon at once, each a thread that comes, asks often, and ends.
void serves_several_threads_at_once() {
  constexpr int kRegions = 300;
  constexpr int64_t kCount = 50;
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> threads;
  for (int asking = 0; asking < 4; ++asking)
    threads.emplace_back([&, asking] {
      for (int n = 0; n < kRegions; ++n)
        region(1 + (n + asking) % 4, [&](int) {
          static_loop(1, kCount, 1, [&](int64_t i) { sum += i; });
          __kmpc_barrier(nullptr, 0);
          dynamic_loop(1, kCount, 1, [&](int64_t i) { sum -= i; });
        });
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(sum == 0);
}

}  // namespace

int main() {
  has_as_many_threads_as_asked();
  gives_each_iteration_once();
  waits_at_a_barrier();
  lets_one_at_a_time_into_a_critical_section();
  nests();
  carries_exceptions();
  serves_several_threads_at_once();
  return check::exit_code();
}
