// Every message names the window, its index in the request.
#include "windows/window_checks.h"

#include <string>
#include <utility>

#include "error.h"

namespace longattn {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(kInvalidRequest, what);
}

}  // namespace

void check_windows(const std::vector<int64_t>& lengths, size_t ids, const char* name,
                   const std::vector<int64_t>& distances) {
  if (distances.size() != lengths.size()) {
    refuse(std::string(name) + " must have one entry a window, " + std::to_string(lengths.size()) + ", not " +
           std::to_string(distances.size()) + ".");
  }
  int64_t total = 0;
  for (size_t w = 0; w < lengths.size(); ++w) {
    const std::string window = "window " + std::to_string(w);
    if (lengths[w] < 1)
      refuse(window + " must not have " + std::to_string(lengths[w]) + " tokens. It must have at least 1.");
    if (distances[w] < 0) {
      refuse(std::string(name) + " of " + window + " must not be " + std::to_string(distances[w]) +
             ". It must be 0 or more.");
    }
    total += lengths[w];
  }
  if (total != static_cast<int64_t>(ids)) {
    refuse("lengths add up to " + std::to_string(total) + ", but there are " + std::to_string(ids) + " ids.");
  }
}

std::vector<const int32_t*> window_starts(const std::vector<int32_t>& ids, const std::vector<int64_t>& lengths) {
  std::vector<const int32_t*> starts;
  const int32_t* next = ids.data();
  for (const int64_t length : lengths) starts.push_back(std::exchange(next, next + length));
  return starts;
}

void check_layers(const std::vector<int64_t>& layers, int64_t available) {
  if (layers.empty()) refuse("layers must not be empty.");
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0 && layers[i] <= layers[i - 1]) refuse("layers must be ascending and distinct.");
    if (layers[i] < 0 || layers[i] >= available) {
      throw Error(kLayerUnavailable, "layer must not be " + std::to_string(layers[i]) +
                                         ". It must be an integer from 0 to " + std::to_string(available - 1) + ".");
    }
  }
}

void check_tokens(const int32_t* ids, int64_t length, int64_t vocab, size_t window) {
  for (int64_t n = 0; n < length; ++n) {
    if (ids[n] < 0 || ids[n] >= vocab) {
      throw Error(kTokenOutOfRange, "token id " + std::to_string(ids[n]) + " at position " + std::to_string(n) +
                                        " of window " + std::to_string(window) +
                                        " is not in the model's vocabulary of " + std::to_string(vocab) +
                                        ". Use the tokenizer of this model.");
    }
  }
}

void refuse_not_finite(size_t window, int64_t layer, int64_t head) {
  throw Error(kAttentionNotFinite, "the attention of window " + std::to_string(window) + ", layer " +
                                       std::to_string(layer) + ", head " + std::to_string(head) +
                                       " is not finite: its weights overflow float32. Check the checkpoint.");
}

}  // namespace longattn
