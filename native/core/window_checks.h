// What every request over a batch of windows must satisfy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace longattn {

// Lengths are positive and add up to `ids`; `name` (k, near) has one entry a window, none negative. Throws
// Error(kInvalidRequest) naming the window.
void check_windows(const std::vector<int64_t>& lengths, size_t ids, const char* name,
                   const std::vector<int64_t>& distances);

// Throws Error(kTokenOutOfRange).
void check_tokens(const int32_t* ids, int64_t length, int64_t vocab, size_t window);

}  // namespace longattn
