// What libtorch says of itself. Alone in a file of its own: the only one of the addon that sees torch's headers.
#pragma once

#include <string>

namespace longattn::addon {

std::string torch_version();         // of the headers that this addon was built with
std::string torch_cpu_capability();  // e.g. AVX512, as the loaded library found it

}  // namespace longattn::addon
