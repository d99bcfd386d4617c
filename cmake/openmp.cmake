# The OpenMP runtime: libtorch's own where there is one, because two of them in one process would fight over the cores.
#
#   longattn_openmp          to link to
#   LONGATTN_OPENMP_LIBRARY  its file, and LONGATTN_OPENMP_COPY the name that a copy beside longattn.node has to have
add_library(longattn_openmp INTERFACE)
set(LONGATTN_OPENMP_LIBRARY)
if(LONGATTN_PORTABLE)
  # Clang's calls to LLVM's runtime are answered by a file of ours.
  add_library(longattn_portable_openmp OBJECT native/portable/openmp.cpp)
  set_target_properties(longattn_portable_openmp PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(longattn_portable_openmp PUBLIC native/portable/include)
  target_include_directories(longattn_openmp INTERFACE native/portable/include)
  return()
endif()
if(LONGATTN_TORCH)
  file(GLOB LONGATTN_OPENMP_LIBRARY
    ${libtorch_lib}/libgomp*.so* ${libtorch_lib}/libomp.dylib ${libtorch}/../torch.libs/libgomp*.so*)
endif()
if(LONGATTN_OPENMP_LIBRARY)
  list(GET LONGATTN_OPENMP_LIBRARY 0 LONGATTN_OPENMP_LIBRARY)
  target_link_libraries(longattn_openmp INTERFACE ${LONGATTN_OPENMP_LIBRARY})
else()
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_link_libraries(longattn_openmp INTERFACE OpenMP::OpenMP_CXX)
  get_filename_component(LONGATTN_OPENMP_LIBRARY "${OpenMP_gomp_LIBRARY}" REALPATH)
endif()
# libgomp.so.1.0.0 is asked for as libgomp.so.1; pip's libgomp-HASH.so.1.0.0 by that very name.
get_filename_component(LONGATTN_OPENMP_COPY "${LONGATTN_OPENMP_LIBRARY}" NAME)
if(LONGATTN_OPENMP_COPY MATCHES "^libgomp\\.so")
  set(LONGATTN_OPENMP_COPY libgomp.so.1)
elseif(NOT LONGATTN_OPENMP_COPY MATCHES "^libgomp-")
  set(LONGATTN_OPENMP_COPY) # not GCC's: the system's own is used
endif()
