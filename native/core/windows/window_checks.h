// What every request over windows must satisfy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace longattn {

// Lengths are positive and add up to `ids`; `name` (k, near) has one entry a window, none negative. Throws
// Error(kInvalidRequest) naming the window.
void check_windows(const std::vector<int64_t>& lengths, size_t ids, const char* name,
                   const std::vector<int64_t>& distances);

// Where each window begins in `ids`, of a request that check_windows() has let through.
std::vector<const int32_t*> window_starts(const std::vector<int32_t>& ids, const std::vector<int64_t>& lengths);

// Ascending, distinct, at least one, each below `available`. Throws Error(kInvalidRequest, kLayerUnavailable).
void check_layers(const std::vector<int64_t>& layers, int64_t available);

// Throws Error(kTokenOutOfRange).
void check_tokens(const int32_t* ids, int64_t length, int64_t vocab, size_t window);

// What NotFinite becomes, with the place where it happened: Error(kAttentionNotFinite).
[[noreturn]] void refuse_not_finite(size_t window, int64_t layer, int64_t head);

}  // namespace longattn
