# Attention on devices, on torch: what compiles everywhere and, where LONGATTN_CUDA is on, what needs CUDA's headers and nvcc.
set(LONGATTN_DEVICE_SOURCES
  native/core/device/stats/cpu_check.cpp
  native/core/device/stats/device_stats.cpp
  native/core/device/device_rows.cpp
  native/core/device/device_table.cpp
  native/core/device/flash.cpp
  native/core/device/stats/group_tensors.cpp
  native/core/device/rotate.cpp
  native/core/device/stats/tiles.cpp)
if(LONGATTN_HAS_CUDA)
  list(APPEND LONGATTN_DEVICE_SOURCES
    native/core/device/devices_cuda.cpp
    native/core/device/fused/fused_window.cpp
    native/core/device/fused/packing.cpp
    native/core/device/fused/queue.cpp)
  set(LONGATTN_CUDA_SOURCES
    native/core/device/fused/fused_start.cpp
    native/core/device/fused/kernel_left_out.cpp
    native/core/device/fused/kernel_pack.cu)
  # A file of each (product, type), so that they compile side by side.
  foreach(kernel mma_bf16 mma_fp16 wgmma_bf16 wgmma_fp16)
    if(kernel IN_LIST LONGATTN_KERNELS_LEFT_OUT)
      string(TOUPPER ${kernel} name)
      set_property(SOURCE native/core/device/fused/kernel_left_out.cpp APPEND PROPERTY COMPILE_DEFINITIONS
        LONGATTN_LEFT_OUT_${name})
    else()
      list(APPEND LONGATTN_CUDA_SOURCES native/core/device/fused/kernel_${kernel}.cu)
    endif()
  endforeach()
else()
  list(APPEND LONGATTN_DEVICE_SOURCES
    native/core/device/devices_none.cpp
    native/core/device/fused/no_fused.cpp)
endif()
list(APPEND LONGATTN_DEVICE_SOURCES native/core/device/device.cpp)
