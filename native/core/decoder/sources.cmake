# The decoder: the only part of the core that needs torch.
set(LONGATTN_DECODER_SOURCES
  native/core/decoder/attend/attend_bf16.cpp
  native/core/decoder/attend/attend_tensors.cpp
  native/core/decoder/attend/pack.cpp
  native/core/decoder/bf16/product.cpp
  native/core/decoder/decoder.cpp
  native/core/decoder/feed_forward.cpp
  native/core/decoder/gate/gate.cpp
  native/core/decoder/gate/portable.cpp
  native/core/decoder/heads.cpp
  native/core/decoder/library_activation.cpp
  native/core/decoder/loss.cpp
  native/core/decoder/model_replicas.cpp
  native/core/decoder/own_backend.cpp
  native/core/decoder/torch_backend.cpp
  native/core/decoder/weights.cpp
  native/core/decoder/window_tokens.cpp)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  list(APPEND LONGATTN_DECODER_SOURCES
    native/core/decoder/attend/flash_amx.cpp
    native/core/decoder/bf16/tile_amx.cpp
    native/core/decoder/gate/avx2.cpp
    native/core/decoder/gate/avx512.cpp)
  set(gate_flags -mavx512f -mavx512dq)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    list(APPEND gate_flags -Wno-uninitialized -Wno-maybe-uninitialized) # as below
  endif()
  set_source_files_properties(native/core/decoder/gate/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(native/core/decoder/gate/avx512.cpp PROPERTIES COMPILE_OPTIONS "${gate_flags}")
  set(amx_flags -mavx512f -mavx512bw -mavx512bf16 -mamx-tile -mamx-bf16)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    list(APPEND amx_flags -Wno-uninitialized -Wno-maybe-uninitialized) # false alarms in GCC's own headers
  endif()
  set_source_files_properties(native/core/decoder/attend/flash_amx.cpp native/core/decoder/bf16/tile_amx.cpp
    PROPERTIES COMPILE_OPTIONS "${amx_flags}")
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  list(APPEND LONGATTN_DECODER_SOURCES native/core/decoder/gate/neon.cpp)
endif()
