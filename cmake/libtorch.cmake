# Imported targets of libtorch by path, without find_package(Torch), which wants the whole CUDA toolkit for a CUDA build.
#
#   longattn_torch    headers, libtorch_cpu, libc10, the RPATH to them
find_program(LONGATTN_PYTHON NAMES python3)
if(NOT LONGATTN_LIBTORCH)
  if(LONGATTN_CUDA STREQUAL "ON")
    set(fetch_cuda --cuda)
  endif()
  execute_process(
    COMMAND ${LONGATTN_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/fetch-libtorch.py ${fetch_cuda}
    OUTPUT_VARIABLE fetched OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "libtorch was neither found nor fetched: see the lines above, or set LONGATTN_LIBTORCH")
  endif()
  set(LONGATTN_LIBTORCH ${fetched} CACHE PATH "folder with the include/ and lib/ of libtorch" FORCE)
endif()
get_filename_component(libtorch ${LONGATTN_LIBTORCH} ABSOLUTE)
set(libtorch_lib ${libtorch}/lib)
foreach(name torch_cpu c10)
  set(file ${libtorch_lib}/${CMAKE_SHARED_LIBRARY_PREFIX}${name}${CMAKE_SHARED_LIBRARY_SUFFIX})
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "LONGATTN_LIBTORCH=${LONGATTN_LIBTORCH} has no ${file}")
  endif()
  add_library(libtorch_${name} SHARED IMPORTED)
  set_target_properties(libtorch_${name} PROPERTIES IMPORTED_LOCATION ${file})
endforeach()

add_library(longattn_torch INTERFACE)
target_include_directories(longattn_torch SYSTEM INTERFACE
  ${libtorch}/include ${libtorch}/include/torch/csrc/api/include)
target_link_libraries(longattn_torch INTERFACE libtorch_torch_cpu libtorch_c10)
set(CMAKE_BUILD_RPATH ${libtorch_lib})
if(NOT APPLE)
  # The CUDA build finds its NVIDIA libraries by its own RPATH; the linker has to be told.
  file(GLOB nvidia_libs ${libtorch}/../nvidia/*/lib)
  foreach(folder ${nvidia_libs})
    target_link_options(longattn_torch INTERFACE -Wl,-rpath-link,${folder})
  endforeach()
endif()
