# Whether to build for CUDA, and with what. Sets LONGATTN_HAS_CUDA; with it enables the language and makes two targets.
#
#   LONGATTN_CUDA=AUTO|ON|OFF   AUTO (default): on if libtorch has libtorch_cuda and there is an nvcc of its major version
#   LONGATTN_NVCC=PATH          else CUDACXX, CUDA_HOME, the PATH, beside torch (pip's nvidia/cuNN), scripts/fetch-cuda.py (ON only)
#   LONGATTN_CUDA_ARCHITECTURES  80-real;90a-real;90-virtual
#   LONGATTN_KERNELS_LEFT_OUT   of mma_fp16;mma_bf16;wgmma_fp16;wgmma_bf16: kernels that this nvcc cannot compile
#   LONGATTN_PTXAS=ON           ptxas says registers and spills of each kernel (scripts/gpu_check/ptxas.py reads it)
#
#   longattn_cuda_runtime   CUDA's headers and the libcudart that torch itself loads: a second one would have its own state
#   longattn_torch_cuda     libtorch_cuda, which nobody calls by name: its operators register themselves when it is loaded
set(LONGATTN_HAS_CUDA OFF)
set(LONGATTN_NVCC "" CACHE FILEPATH "nvcc of the major version that libtorch was built with")
set(LONGATTN_KERNELS_LEFT_OUT "" CACHE STRING "kernels that are not compiled")
option(LONGATTN_PTXAS "let ptxas say registers and spills" OFF)
set(LONGATTN_CUDA_ARCHITECTURES "80-real;90a-real;90-virtual" CACHE STRING "architectures of the CUDA kernels")

macro(longattn_no_cuda reason)
  if(LONGATTN_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LONGATTN_CUDA=ON: ${reason}")
  endif()
  set(cuda_missing "${reason}")
endmacro()

function(longattn_find_nvcc result)
  set(folders)
  foreach(folder $ENV{CUDA_HOME} $ENV{CUDA_PATH} ${libtorch}/../nvidia/cu13 ${libtorch}/../nvidia/cuda_nvcc /usr/local/cuda)
    list(APPEND folders ${folder}/bin)
  endforeach()
  if(DEFINED ENV{CUDACXX})
    set(${result} $ENV{CUDACXX} PARENT_SCOPE)
    return()
  endif()
  find_program(longattn_found_nvcc nvcc HINTS ${folders} NO_CACHE)
  if(NOT longattn_found_nvcc AND LONGATTN_CUDA STREQUAL "ON")
    execute_process(COMMAND ${LONGATTN_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/fetch-cuda.py
      OUTPUT_VARIABLE toolkit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
    if(NOT failed)
      set(longattn_found_nvcc ${toolkit}/bin/nvcc)
    endif()
  endif()
  set(${result} ${longattn_found_nvcc} PARENT_SCOPE)
endfunction()

set(cuda_missing)
if(LONGATTN_CUDA STREQUAL "OFF")
  set(cuda_missing "LONGATTN_CUDA=OFF")
elseif(CMAKE_VERSION VERSION_LESS 3.25)
  longattn_no_cuda("it takes CMake 3.25 or newer, this is ${CMAKE_VERSION}")
elseif(NOT EXISTS ${libtorch_lib}/libtorch_cuda.so OR NOT EXISTS ${libtorch_lib}/libc10_cuda.so)
  longattn_no_cuda("${libtorch_lib} has no libtorch_cuda.so: name a CUDA build of torch with LONGATTN_LIBTORCH")
else()
  file(STRINGS ${libtorch_lib}/libc10_cuda.so cudart_name REGEX "^libcudart[-.].*so" LIMIT_COUNT 1)
  string(REGEX MATCH "so\\.([0-9]+)" _ "${cudart_name}")
  set(torch_cuda_major ${CMAKE_MATCH_1})
  set(nvcc ${LONGATTN_NVCC})
  if(NOT nvcc)
    longattn_find_nvcc(nvcc)
  endif()
  if(nvcc)
    execute_process(COMMAND ${nvcc} --version OUTPUT_VARIABLE nvcc_says ERROR_QUIET)
    string(REGEX MATCH "release ([0-9]+)\\.[0-9]+" _ "${nvcc_says}")
  endif()
  if(NOT nvcc)
    longattn_no_cuda("there is no nvcc: set LONGATTN_NVCC or CUDA_HOME, or run scripts/fetch-cuda.py")
  elseif(NOT "${CMAKE_MATCH_1}" STREQUAL "${torch_cuda_major}")
    longattn_no_cuda("${nvcc} is of CUDA ${CMAKE_MATCH_1}, and libtorch of CUDA ${torch_cuda_major}")
  else()
    set(LONGATTN_HAS_CUDA ON)
  endif()
endif()

if(LONGATTN_HAS_CUDA)
  get_filename_component(nvcc_bin ${nvcc} REALPATH)
  get_filename_component(nvcc_bin ${nvcc_bin} DIRECTORY)
  set(CMAKE_CUDA_COMPILER ${nvcc})
  set(CMAKE_CUDA_RUNTIME_LIBRARY None)
  set(CMAKE_CUDA_ARCHITECTURES ${LONGATTN_CUDA_ARCHITECTURES})
  set(CMAKE_CUDA_STANDARD 17)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
  # pip's nvcc has lib/ and no lib64/: CMake's own check of the compiler links a program.
  string(APPEND CMAKE_CUDA_FLAGS_INIT " -L${nvcc_bin}/../lib")
  enable_language(CUDA)

  # Beside torch first (its wheels keep NVIDIA's libraries in folders of their own), then the toolkit's.
  set(cudart)
  foreach(pattern ${libtorch}/../nvidia/*/lib/libcudart.so.${torch_cuda_major}* ${libtorch_lib}/libcudart*.so*
      ${nvcc_bin}/../lib/libcudart.so.${torch_cuda_major}* ${nvcc_bin}/../lib64/libcudart.so.${torch_cuda_major}
      ${nvcc_bin}/../targets/*/lib/libcudart.so.${torch_cuda_major})
    file(GLOB found ${pattern})
    list(APPEND cudart ${found})
  endforeach()
  if(NOT cudart)
    message(FATAL_ERROR "libcudart.so.${torch_cuda_major} is neither beside libtorch (${libtorch}) nor beside ${nvcc}")
  endif()
  list(GET cudart 0 cudart)
  message(STATUS "CUDA: ${nvcc}, ${cudart}, architectures ${CMAKE_CUDA_ARCHITECTURES}")

  add_library(longattn_cuda_runtime INTERFACE)
  target_include_directories(longattn_cuda_runtime SYSTEM INTERFACE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_link_libraries(longattn_cuda_runtime INTERFACE ${cudart})
  add_library(longattn_torch_cuda INTERFACE)
  # torch's own libraries (cuBLAS, cuDNN, NCCL, ...) need not be here to link: the loader finds them where torch runs.
  target_link_options(longattn_torch_cuda INTERFACE -Wl,--allow-shlib-undefined)
  target_link_libraries(longattn_torch_cuda INTERFACE
    -Wl,--no-as-needed ${libtorch_lib}/libtorch_cuda.so ${libtorch_lib}/libc10_cuda.so -Wl,--as-needed)
else()
  message(STATUS "CUDA: not built (${cuda_missing})")
endif()
