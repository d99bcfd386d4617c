// Windows shared out among replicas: each once, in its place; whose error is thrown; who is stopped. No model needed.
#include "windows/replicas.h"

#include <chrono>
#include <mutex>
#include <thread>

#include "error_check.h"

using namespace longattn;

namespace {

class Nothing : public LayerProvider {
 public:
  int64_t layers() const override { return 1; }
  int64_t vocab() const override { return 1; }
  void visit(const int32_t*, int64_t, const std::vector<int64_t>&, const ProviderOptions&, const Visitor&) override {}
};

std::vector<Replica> replicas_of(std::vector<Nothing>& providers) {
  std::vector<Replica> result;
  for (Nothing& provider : providers) result.push_back({&provider});
  return result;
}

// Until it is true; ten seconds are the end of a test that hangs.
void wait_for(const std::atomic<bool>& flag) {
  for (int i = 0; i < 10000 && !flag; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(flag);
}

void each_window_once() {
  for (const size_t count : {1, 2, 3, 7}) {
    std::vector<Nothing> providers(count);
    for (const int64_t windows : {0, 1, 2, 5, 100}) {
      std::vector<int> done(windows);
      std::map<LayerProvider*, std::thread::id> threads;
      std::mutex mutex;
      for_each_window(
          replicas_of(providers), windows, {}, [&](int64_t window, LayerProvider& provider, const ProviderOptions&) {
            ++done[window];
            const std::lock_guard lock(mutex);
            CHECK(threads.emplace(&provider, std::this_thread::get_id()).first->second == std::this_thread::get_id());
          });
      CHECK(done == std::vector<int>(windows, 1));
      if (count == 1 && windows > 0) CHECK(threads.at(&providers[0]) == std::this_thread::get_id());
    }
  }
}

// None waits for another while there are windows: two that meet show that they run at the same time.
void replicas_work_side_by_side() {
  std::vector<Nothing> providers(2);
  std::atomic<bool> begun[2] = {false, false};
  for_each_window(replicas_of(providers), 2, {}, [&](int64_t window, LayerProvider&, const ProviderOptions&) {
    begun[window] = true;
    wait_for(begun[1 - window]);
  });
}

void threads_and_statistics_are_shared_out() {
  std::vector<Nothing> providers(3);
  std::vector<Replica> replicas = replicas_of(providers);
  for (Replica& replica : replicas)
    replica.statistics = [](const auto&, const auto&) { return [] { return AttentionStats(); }; };
  ProviderOptions options;
  options.threads = 6;
  const auto threads = [&](int64_t windows, int want) {
    for_each_window(replicas, windows, options, [&](int64_t, LayerProvider&, const ProviderOptions& own) {
      CHECK(own.threads == want && own.statistics);
    });
  };
  threads(9, 2);
  threads(2, 3);
  options.threads = 2;
  threads(9, 1);
  replicas.resize(1);
  threads(2, 2);
}

void the_lowest_window_is_blamed() {
  std::vector<Nothing> providers(2);
  std::atomic<bool> later_failed{false};
  const auto both_fail = [&](int64_t window, LayerProvider&, const ProviderOptions&) {
    if (window == 0) wait_for(later_failed);
    if (window == 1) later_failed = true;
    throw Error(kInvalidRequest, "window " + std::to_string(window));
  };
  CHECK_ERROR((for_each_window(replicas_of(providers), 9, {}, both_fail), 0), kInvalidRequest, "window 0");
}

void later_windows_are_stopped() {
  std::vector<Nothing> providers(2);
  std::atomic<bool> begun{false};
  std::atomic<int64_t> highest{0};
  const auto work = [&](int64_t window, LayerProvider&, const ProviderOptions& options) {
    if (window > highest) highest = window;
    if (window == 1) {
      begun = true;
      wait_for(*options.cancel);
      throw Cancelled();
    }
    wait_for(begun);
    throw Error(kInvalidRequest, "window " + std::to_string(window));
  };
  CHECK_ERROR((for_each_window(replicas_of(providers), 9, {}, work), 0), kInvalidRequest, "window 0");
  CHECK(highest == 1);
}

void earlier_windows_end_first() {
  std::vector<Nothing> providers(2);
  std::atomic<bool> begun{false}, ended{false};
  const auto work = [&](int64_t window, LayerProvider&, const ProviderOptions& options) {
    if (window == 0) {
      begun = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      CHECK(!*options.cancel);
      ended = true;
    } else {
      wait_for(begun);
      throw Error(kInvalidRequest, "window " + std::to_string(window));
    }
  };
  CHECK_ERROR((for_each_window(replicas_of(providers), 9, {}, work), 0), kInvalidRequest, "window 1");
  CHECK(ended);
}

void the_callers_cancel_reaches_all() {
  std::vector<Nothing> providers(3);
  std::atomic<bool> cancel{false};
  std::atomic<int> begun{0};
  ProviderOptions options;
  options.cancel = &cancel;
  const auto work = [&](int64_t, LayerProvider&, const ProviderOptions& own) {
    if (++begun == 3) cancel = true;
    wait_for(*own.cancel);
    throw Cancelled();
  };
  CHECK_THROWS((for_each_window(replicas_of(providers), 9, options, work), 0), Cancelled);
  CHECK(begun == 3);
  CHECK_THROWS((for_each_window(replicas_of(providers), 9, options, work), 0), Cancelled);
  CHECK(begun == 3);  // cancelled before it began
}

// A window ends after the next one has started, and none is left in flight.
void windows_overlap_by_one() {
  std::vector<Nothing> providers(1);
  std::string events;
  pipeline_windows(replicas_of(providers), 3, {}, [&](int64_t window, LayerProvider&, const ProviderOptions&) {
    events += "start " + std::to_string(window) + ", ";
    return [&events, window] { events += "end " + std::to_string(window) + ", "; };
  });
  CHECK_MESSAGE(events == "start 0, start 1, end 0, start 2, end 1, end 2, ", events);
  providers.resize(3);
  std::vector<std::atomic<int>> ended(50);
  pipeline_windows(replicas_of(providers), 50, {}, [&](int64_t window, LayerProvider&, const ProviderOptions&) {
    return [&ended, window] { ++ended[window]; };
  });
  for (const std::atomic<int>& count : ended) CHECK(count == 1);
}

// A window in flight ends although the next one could not start, and is blamed first if it fails too.
void a_window_in_flight_ends_first() {
  for (const size_t count : {1, 2}) {
    std::vector<Nothing> providers(count);
    for (const bool both : {false, true}) {
      std::atomic<bool> ended{false};
      const auto start = [&](int64_t window, LayerProvider&, const ProviderOptions&) -> WindowEnd {
        if (window > 0) throw Error(kInvalidRequest, "window " + std::to_string(window));
        return [&] {
          ended = true;
          if (both) throw Error(kInvalidRequest, "window 0");
        };
      };
      CHECK_ERROR((pipeline_windows(replicas_of(providers), 3, {}, start), 0), kInvalidRequest,
                  both ? "window 0" : "window 1");
      CHECK(ended);
    }
  }
}

}  // namespace

int main() {
  windows_overlap_by_one();
  a_window_in_flight_ends_first();
  each_window_once();
  replicas_work_side_by_side();
  threads_and_statistics_are_shared_out();
  the_lowest_window_is_blamed();
  later_windows_are_stopped();
  earlier_windows_end_first();
  the_callers_cancel_reaches_all();
  return check::exit_code();
}
