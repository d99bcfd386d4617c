# Test programs of attention on devices. The same programs run on the CPU and, where there is one, on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
set(device_tests device_name_test device_stats_test device_rows_test device_table_test device_lse_test
  fused_device_test)
foreach(name ${device_tests})
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_device longattn_torch)
endforeach()
target_sources(device_stats_test PRIVATE layer_zero_model.cpp)
target_sources(device_rows_test PRIVATE layer_zero_model.cpp)
target_sources(device_table_test PRIVATE layer_zero_model.cpp)
target_sources(fused_device_test PRIVATE layer_zero_model.cpp)
foreach(name fused_arithmetic_test fused_layout_test)
  longattn_test(${name} ${name}.cpp)
endforeach()
longattn_test(fused_kernel_test fused_kernel_test.cpp emulated_machine.cpp emulated_instructions.cpp)
target_include_directories(fused_kernel_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}) # machine.h looks for emulated_machine.h
# Without CUDA the window test's kernels are the emulated ones, before what the library says it has not.
if(NOT LONGATTN_HAS_CUDA)
  target_sources(fused_device_test PRIVATE emulated_kernels.cpp emulated_machine.cpp emulated_instructions.cpp
    ${PROJECT_SOURCE_DIR}/native/core/device/fused/fused_window.cpp ${PROJECT_SOURCE_DIR}/native/core/device/fused/packing.cpp)
  target_include_directories(fused_device_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(fused_device_test PRIVATE LONGATTN_EMULATED)
endif()
