# Sources of the choice among instruction sets, relative to this file. None has flags of its own: the kernels have, where they are.
set(LONGATTN_SIMD_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/cpu_features.cpp
  ${CMAKE_CURRENT_LIST_DIR}/cpu_kernel.cpp
)
