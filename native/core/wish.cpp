// Two strings, made once and never destroyed.
#include "wish.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace longattn {
namespace {

using Wishes = std::map<std::string, std::optional<std::string>>;
std::atomic<const Wishes*> kept{nullptr};

}  // namespace

const char* wish(const char* variable) {
  const Wishes* wishes = kept.load(std::memory_order_acquire);
  if (wishes == nullptr) return std::getenv(variable);
  const std::optional<std::string>& value = wishes->at(variable);
  return value ? value->c_str() : nullptr;
}

void keep_wishes() {
  static std::once_flag once;
  std::call_once(once, [] {
    auto* const wishes = new Wishes;
    for (const char* variable : {kCpuKernelVariable, kCudaKernelVariable}) {
      const char* value = std::getenv(variable);
      (*wishes)[variable] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }
    kept.store(wishes, std::memory_order_release);
  });
}

}  // namespace longattn
