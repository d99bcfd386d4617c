# Sources of the attention kernels, relative to this file, with the flags that only some of them may have.
set(LONGATTN_ATTENTION_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/attention_rows.cpp
  ${CMAKE_CURRENT_LIST_DIR}/check_problem.cpp
  ${CMAKE_CURRENT_LIST_DIR}/dispatch.cpp
  ${CMAKE_CURRENT_LIST_DIR}/driver.cpp
  ${CMAKE_CURRENT_LIST_DIR}/exact_row.cpp
  ${CMAKE_CURRENT_LIST_DIR}/failures.cpp
  ${CMAKE_CURRENT_LIST_DIR}/finish_rows.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inputs.cpp
  ${CMAKE_CURRENT_LIST_DIR}/map_driver.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pack.cpp
  ${CMAKE_CURRENT_LIST_DIR}/packed_values.cpp
  ${CMAKE_CURRENT_LIST_DIR}/portable.cpp
  ${CMAKE_CURRENT_LIST_DIR}/portable_map.cpp
  ${CMAKE_CURRENT_LIST_DIR}/portable_values.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reference.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reference_map.cpp
  ${CMAKE_CURRENT_LIST_DIR}/segments.cpp
)
# The vector loops of the portable kernels are the compiler's work; -O2 of GCC 12 leaves some of them scalar.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/portable.cpp ${CMAKE_CURRENT_LIST_DIR}/portable_map.cpp
  ${CMAKE_CURRENT_LIST_DIR}/portable_values.cpp PROPERTIES COMPILE_OPTIONS "-O3")

# The hand-written kernels of x86-64: with GCC or Clang only. Each file has the flags of its own instruction set and no other file has
# any; which one runs is decided at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  list(APPEND LONGATTN_ATTENTION_SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/avx2.cpp
    ${CMAKE_CURRENT_LIST_DIR}/avx512.cpp
    ${CMAKE_CURRENT_LIST_DIR}/avx512bf16.cpp
  )
  set(avx512_flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 takes the undefined pass-through operand of its own AVX-512 intrinsics for a variable that nobody set.
    list(APPEND avx512_flags -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx2.cpp PROPERTIES COMPILE_OPTIONS "-O2;-mavx2;-mfma")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx512.cpp PROPERTIES COMPILE_OPTIONS "-O2;${avx512_flags}")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/avx512bf16.cpp PROPERTIES COMPILE_OPTIONS "-O2;${avx512_flags};-mavx512bf16")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/dispatch.cpp PROPERTIES COMPILE_DEFINITIONS LONGATTN_X86_KERNELS)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  list(APPEND LONGATTN_ATTENTION_SOURCES ${CMAKE_CURRENT_LIST_DIR}/neon.cpp)
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/neon.cpp PROPERTIES COMPILE_OPTIONS "-O2")
endif()
