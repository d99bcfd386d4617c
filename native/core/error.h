// The one exception of the core that a user can act on: a stable code for programs, a sentence for people.
//
// The message says what was wrong (the value), what is allowed, what to do. The TypeScript side
// passes the codes on unchanged.
#pragma once

#include <stdexcept>
#include <string>

namespace longattn {

class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* code;  // a string literal
};

inline constexpr const char* kModelInvalid = "MODEL_INVALID";          // spec, shapes or files contradict each other
inline constexpr const char* kFileUnreadable = "FILE_UNREADABLE";      // a weight file cannot be opened or is cut
inline constexpr const char* kWeightNotFinite = "WEIGHT_NOT_FINITE";   // NaN or Inf in a weight that is used
inline constexpr const char* kTokenOutOfRange = "TOKEN_OUT_OF_RANGE";  // a token id outside the vocabulary
inline constexpr const char* kAttentionNotFinite =
    "ATTENTION_NOT_FINITE";                                            // finite weights, but the attention overflowed
inline constexpr const char* kLayerUnavailable = "LAYER_UNAVAILABLE";  // a layer that this model or path does not give
inline constexpr const char* kHeadUnavailable = "HEAD_UNAVAILABLE";    // a loss of a model opened without its head
inline constexpr const char* kInvalidRequest = "INVALID_REQUEST";      // lengths, k or layers that make no sense
inline constexpr const char* kDeviceUnavailable = "DEVICE_UNAVAILABLE";  // a device that this build or machine lacks
inline constexpr const char* kDeviceFailed = "DEVICE_FAILED";      // an error of the CUDA runtime, not of the data
inline constexpr const char* kDeviceMismatch = "DEVICE_MISMATCH";  // a device computes what the CPU does not
inline constexpr const char* kOutOfMemory = "OUT_OF_MEMORY";
inline constexpr const char* kCancelled = "CANCELLED";

}  // namespace longattn
