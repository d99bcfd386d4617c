// OpenMP's threads, or the one there is without it.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

namespace longattn::attention {

// 0 means all cores. Read once: libtorch changes OpenMP's own answer, thread by thread.
inline int thread_count(int wanted) {
#ifdef _OPENMP
  static const int all = omp_get_max_threads();
  return wanted > 0 ? wanted : all;
#else
  (void)wanted;
  return 1;
#endif
}

inline int thread_index() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

}  // namespace longattn::attention
