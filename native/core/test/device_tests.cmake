# Test programs of attention on devices. The same programs run on the CPU and, where there is one, on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
set(device_tests device_name_test device_stats_test device_rows_test device_table_test device_lse_test
  fused_device_test)
foreach(name ${device_tests})
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_device longattn_torch)
endforeach()
target_sources(device_lse_test PRIVATE ../bench/lse.cpp)
target_include_directories(device_lse_test PRIVATE ../bench)
target_sources(device_stats_test PRIVATE layer_zero_model.cpp)
target_sources(device_rows_test PRIVATE layer_zero_model.cpp)
target_sources(device_table_test PRIVATE layer_zero_model.cpp)
target_sources(fused_device_test PRIVATE layer_zero_model.cpp)
foreach(name fused_arithmetic_test fused_layout_test)
  longattn_test(${name} ${name}.cpp)
endforeach()

# The kernels' text compiled for the emulated machine (device/fused/machine.h), and what fused_start.cpp has. Its threads
# jump between stacks, which the C library's checks, where a compiler fortifies by default, take for an error.
set_source_files_properties(emulated_machine.cpp PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE")
add_library(emulated_kernels STATIC emulated_instructions.cpp emulated_kernels.cpp emulated_machine.cpp)
target_include_directories(emulated_kernels PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(emulated_kernels PUBLIC LONGATTN_MACHINE_HEADER="emulated_machine.h")
target_link_libraries(emulated_kernels PRIVATE longattn_flags PUBLIC longattn_core)

longattn_test(emulated_machine_test emulated_machine_test.cpp emulated_machine.cpp emulated_instructions.cpp)
target_compile_options(emulated_machine_test PRIVATE -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
longattn_test(fused_kernel_test fused_kernel_test.cpp)
target_link_libraries(fused_kernel_test PRIVATE emulated_kernels)

# One case a process, without torch: the first thing to run on a GPU (scripts/gpu-check). On the CPU a few cases show that
# the program itself is right.
add_executable(fused_smoke fused_smoke.cpp)
target_link_libraries(fused_smoke PRIVATE longattn_core longattn_flags)
if(LONGATTN_HAS_CUDA)
  target_sources(fused_smoke PRIVATE smoke_device_cuda.cpp)
  target_link_libraries(fused_smoke PRIVATE longattn_kernels longattn_cuda_runtime)
else()
  target_sources(fused_smoke PRIVATE smoke_device_emulated.cpp)
  target_link_libraries(fused_smoke PRIVATE emulated_kernels)
  foreach(case pack mma-one-tile wgmma-five-tiles wgmma-two-items-bf16 wgmma-window)
    add_test(NAME fused_smoke_${case} COMMAND fused_smoke ${case})
  endforeach()
endif()

# Without CUDA the window test's kernels are the emulated ones, before what the library says it has not.
if(NOT LONGATTN_HAS_CUDA)
  target_sources(fused_device_test PRIVATE emulated_queue.cpp
    ${PROJECT_SOURCE_DIR}/native/core/device/fused/fused_window.cpp ${PROJECT_SOURCE_DIR}/native/core/device/fused/packing.cpp)
  target_link_libraries(fused_device_test PRIVATE emulated_kernels)
  target_compile_definitions(fused_device_test PRIVATE LONGATTN_EMULATED)
endif()
