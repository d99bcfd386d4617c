# Attention on devices, on torch: what compiles everywhere and, where LONGATTN_CUDA is on, what needs CUDA's headers and nvcc.
set(LONGATTN_DEVICE_SOURCES
  native/core/cuda/device_stats.cpp
  native/core/cuda/device_rows.cpp
  native/core/cuda/device_table.cpp
  native/core/cuda/flash.cpp
  native/core/cuda/group_tensors.cpp
  native/core/cuda/lse.cpp
  native/core/cuda/rotate.cpp
  native/core/cuda/tiles.cpp)
if(LONGATTN_HAS_CUDA)
  list(APPEND LONGATTN_DEVICE_SOURCES
    native/core/cuda/devices_cuda.cpp
    native/core/cuda/fused/fused_window.cpp
    native/core/cuda/fused/packing.cpp
    native/core/cuda/fused/queue.cpp)
  set(LONGATTN_CUDA_SOURCES native/core/cuda/fused/fused_kernel.cu)
else()
  list(APPEND LONGATTN_DEVICE_SOURCES
    native/core/cuda/devices_none.cpp
    native/core/cuda/fused/no_fused.cpp)
endif()
list(APPEND LONGATTN_DEVICE_SOURCES native/core/cuda/device.cpp)
