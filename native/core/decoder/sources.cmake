# The decoder: the only part of the core that needs torch.
set(LONGATTN_DECODER_SOURCES
  native/core/decoder/attend.cpp
  native/core/decoder/decoder.cpp
  native/core/decoder/embedding.cpp
  native/core/decoder/feed_forward.cpp
  native/core/decoder/heads.cpp
  native/core/decoder/layer_config.cpp
  native/core/decoder/loss.cpp
  native/core/decoder/weights.cpp)
