# Test programs of the decoder: as the others, but with torch. decoder_device_test also runs on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
foreach(name bf16_product_test decoder_attend_test decoder_device_test decoder_test gate_test
    model_replicas_test)
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_decoder longattn_torch)
endforeach()

# The AMX kernels by emulated tiles, so that they run on every AVX-512 processor: their own objects come before the library's.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set(amx_kernels ${PROJECT_SOURCE_DIR}/native/core/decoder/attend/flash_amx.cpp
    ${PROJECT_SOURCE_DIR}/native/core/decoder/bf16/tile_amx.cpp)
  set(emulated_flags -mavx512f -mavx512bw -mavx512bf16)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    list(APPEND emulated_flags -Wno-uninitialized -Wno-maybe-uninitialized) # false alarms in GCC's own headers
  endif()
  set_source_files_properties(emulated_amx.cpp PROPERTIES COMPILE_OPTIONS "${emulated_flags}")
  set_source_files_properties(${amx_kernels} PROPERTIES COMPILE_OPTIONS
    "${emulated_flags};-mamx-tile;-mamx-bf16;-include;${CMAKE_CURRENT_SOURCE_DIR}/emulated_amx.h")
  foreach(name bf16_product_test decoder_attend_test)
    longattn_test(emulated_${name} ${name}.cpp emulated_amx.cpp ${amx_kernels})
    target_compile_definitions(emulated_${name} PRIVATE LONGATTN_EMULATED_AMX)
    target_link_libraries(emulated_${name} PRIVATE longattn_decoder longattn_torch)
  endforeach()
endif()
