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
# Compiles the kernels' text for the emulated machine (device/fused/machine.h).
function(longattn_emulated target)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE LONGATTN_MACHINE_HEADER="emulated_machine.h")
endfunction()
# Its threads jump between stacks, which the C library's checks, where a compiler fortifies by default, take for an error.
set_source_files_properties(emulated_machine.cpp PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE")
foreach(name fused_arithmetic_test fused_layout_test)
  longattn_test(${name} ${name}.cpp)
endforeach()
longattn_test(emulated_machine_test emulated_machine_test.cpp emulated_machine.cpp emulated_instructions.cpp)
target_compile_options(emulated_machine_test PRIVATE -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
longattn_test(fused_kernel_test fused_kernel_test.cpp emulated_machine.cpp emulated_instructions.cpp)
longattn_emulated(fused_kernel_test)
# Without CUDA the window test's kernels are the emulated ones, before what the library says it has not.
if(NOT LONGATTN_HAS_CUDA)
  target_sources(fused_device_test PRIVATE emulated_kernels.cpp emulated_machine.cpp emulated_instructions.cpp
    ${PROJECT_SOURCE_DIR}/native/core/device/fused/fused_window.cpp ${PROJECT_SOURCE_DIR}/native/core/device/fused/packing.cpp)
  longattn_emulated(fused_device_test)
  target_compile_definitions(fused_device_test PRIVATE LONGATTN_EMULATED)
endif()
