// A parallel loop over independent rows whose body may throw: an exception must not leave an OpenMP region. The
// exception of the lowest row wins, so that the message does not depend on who came first.
#pragma once

#include <omp.h>

#include <cstdint>
#include <exception>

namespace longattn {

// 0 means all cores. Read once: libtorch changes OpenMP's own answer, thread by thread.
inline int thread_count(int wanted) {
  static const int all = omp_get_max_threads();
  return wanted > 0 ? wanted : all;
}

template <typename Body>
void parallel_rows(int64_t count, int threads, const Body& body) {
  std::exception_ptr failure;
  int64_t failed_row = count;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t row = 0; row < count; ++row) {
    try {
      body(row);
    } catch (...) {
#pragma omp critical(longattn_parallel_rows)
      if (row < failed_row) {
        failed_row = row;
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace longattn
