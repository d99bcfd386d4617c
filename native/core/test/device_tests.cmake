# Test programs of attention on devices. The same programs run on the CPU and, where there is one, on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
foreach(name device_name_test device_stats_test device_lse_test)
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_device longattn_torch)
endforeach()
foreach(name fused_arithmetic_test fused_layout_test)
  longattn_test(${name} ${name}.cpp)
endforeach()
