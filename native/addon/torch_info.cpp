// Light headers only: ATen/ATen.h would cost ten seconds.
#include "torch_info.h"

#include <ATen/Version.h>
#include <torch/version.h>

namespace longattn::addon {

std::string torch_version() {
  return TORCH_VERSION;
}

std::string torch_cpu_capability() {
  return at::get_cpu_capability();
}

}  // namespace longattn::addon
