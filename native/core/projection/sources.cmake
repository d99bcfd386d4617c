# Sources of the projection, relative to this file, with the flags that only some of them may have.
set(LONGATTN_PROJECTION_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/kernel.cpp
  ${CMAKE_CURRENT_LIST_DIR}/matrix_product.cpp
  ${CMAKE_CURRENT_LIST_DIR}/pack_portable.cpp
  ${CMAKE_CURRENT_LIST_DIR}/packed_matrix.cpp
  ${CMAKE_CURRENT_LIST_DIR}/round.cpp
  ${CMAKE_CURRENT_LIST_DIR}/tile_portable.cpp)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  list(APPEND LONGATTN_PROJECTION_SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/pack_avx2.cpp
    ${CMAKE_CURRENT_LIST_DIR}/tile_avx2.cpp
    ${CMAKE_CURRENT_LIST_DIR}/tile_avx512.cpp)
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/pack_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/tile_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/tile_avx512.cpp PROPERTIES COMPILE_OPTIONS "-mavx512f")
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  list(APPEND LONGATTN_PROJECTION_SOURCES ${CMAKE_CURRENT_LIST_DIR}/tile_neon.cpp)
endif()
