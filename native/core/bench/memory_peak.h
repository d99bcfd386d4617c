// How much memory a call adds to the process at its peak.
#pragma once

#include <functional>

namespace longattn::bench {

// Runs `prepare` and then `work` in a child process, and returns by how many bytes the resident set's peak during
// `work` passed its size before. Call it before this process has started threads. Negative where the system does not
// tell.
double peak_bytes(const std::function<void()>& prepare, const std::function<void()>& work);

}  // namespace longattn::bench
