// What the core asks of OpenMP, for native/portable/openmp.cpp.
#pragma once

extern "C" int omp_get_max_threads();
extern "C" int omp_get_thread_num();
