# Test programs of attention on devices. The same programs run on the CPU and, where there is one, on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
set(device_tests device_name_test device_stats_test device_rows_test device_table_test
  device_lse_test)
if(LONGATTN_HAS_CUDA)
  list(APPEND device_tests fused_device_test)
endif()
foreach(name ${device_tests})
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_device longattn_torch)
endforeach()
target_sources(device_stats_test PRIVATE layer_zero_model.cpp)
target_sources(device_rows_test PRIVATE layer_zero_model.cpp)
target_sources(device_table_test PRIVATE layer_zero_model.cpp)
foreach(name fused_arithmetic_test fused_layout_test)
  longattn_test(${name} ${name}.cpp)
endforeach()
