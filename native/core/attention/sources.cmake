# Sources of the attention kernels, relative to this file, with the flags that only some of them may have.
set(LONGATTN_ATTENTION_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/check_problem.cpp
  ${CMAKE_CURRENT_LIST_DIR}/cpu_features.cpp
  ${CMAKE_CURRENT_LIST_DIR}/dispatch.cpp
  ${CMAKE_CURRENT_LIST_DIR}/driver.cpp
  ${CMAKE_CURRENT_LIST_DIR}/finish_rows.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pack.cpp
  ${CMAKE_CURRENT_LIST_DIR}/portable.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reference.cpp
  ${CMAKE_CURRENT_LIST_DIR}/segments.cpp
)
# The vector loops of the portable kernel are the compiler's work; -O2 of GCC 12 leaves some of them scalar.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/portable.cpp PROPERTIES COMPILE_OPTIONS "-O3")
