// Device names as users write them, and the CUDA devices of this machine. No torch and no CUDA in this header.
//
// A CPU build has the same functions and no devices: what asks for one gets an error that says how to build, instead of
// a missing symbol.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace longattn {

struct CudaDevice {
  int index = 0;
  std::string name;          // as the driver gives it
  int major = 0, minor = 0;  // compute capability
  int64_t memory_bytes = 0;
};

// Whether this build can use CUDA at all.
bool built_with_cuda();

// The devices of this machine; empty in a CPU build and where there is no driver or no GPU. Never throws.
std::vector<CudaDevice> cuda_devices();

// Everything that a device does, by torch's operators on the CPU: how the device's code is checked where there is no
// GPU. Not for users: it is slower than "cpu", and no option of the command line takes it.
inline constexpr const char* kTorchCpu = "torch-cpu";

// Where a model works: our own code on the CPU; torch's operators on the CPU, a check of the third; a CUDA device.
struct Placement {
  enum class Kind { cpu, torch_cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;  // of the CUDA device
};

// Empty for "cpu" and "torch-cpu"; else the indices of the CUDA devices that `text` names ("cuda", "cuda:1",
// "cuda:0,cuda:1", "cuda:all"), ascending and distinct, each below `available`. Throws Error(kInvalidRequest) for any
// other text and Error(kDeviceUnavailable) for a device that is not there.
std::vector<int> parse_devices(const std::string& text, int available, bool cuda_build);

// The same against this build and this machine.
std::vector<int> parse_devices(const std::string& text);

// One a device that `text` names, against this build and this machine. Throws as parse_devices().
std::vector<Placement> placements(const std::string& text);

}  // namespace longattn
