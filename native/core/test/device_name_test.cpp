// Names of devices, without any device.
#include "device/device.h"
#include "error_check.h"

namespace {

using namespace longattn;

void test_names() {
  using Indices = std::vector<int>;
  CHECK(parse_devices("cpu", 0, false).empty());
  CHECK(parse_devices("cpu", 2, true).empty());
  CHECK(parse_devices("torch-cpu", 0, false).empty());
  CHECK(parse_devices("cuda", 2, true) == Indices{0});
  CHECK(parse_devices("cuda:1", 2, true) == Indices{1});
  CHECK((parse_devices("cuda:1,cuda:0,cuda:1", 2, true) == Indices{0, 1}));
  CHECK((parse_devices("cuda:all", 3, true) == Indices{0, 1, 2}));
}

void test_errors() {
  for (const char* wrong : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:0,", ",cuda:0", "cuda:0,,cuda:1", "cpu,cuda",
                            "cuda:all,cuda:0", "cuda:12345", "CUDA", "cuda:1 "}) {
    CHECK_ERROR(parse_devices(wrong, 2, true), "INVALID_REQUEST", "It must be cpu, cuda, cuda:i");
    CHECK_ERROR(parse_devices(wrong, 0, false), "INVALID_REQUEST", "device must not be");
  }
  CHECK_ERROR(parse_devices("cuda", 0, false), "DEVICE_UNAVAILABLE", "this build has no CUDA");
  CHECK_ERROR(parse_devices("cuda:2", 2, true), "DEVICE_UNAVAILABLE", "has 2 CUDA device(s)");
  CHECK_ERROR(parse_devices("cuda", 0, true), "DEVICE_UNAVAILABLE", "no CUDA device");
  CHECK_ERROR(parse_devices("cuda:all", 0, true), "DEVICE_UNAVAILABLE", "no CUDA device");
}

void test_this_machine() {
  if (!built_with_cuda()) CHECK(cuda_devices().empty());
  CHECK(parse_devices("cpu").empty());
  const size_t found = cuda_devices().size();
  if (found == 0)
    CHECK_ERROR(parse_devices("cuda:all"), "DEVICE_UNAVAILABLE", "cuda:all");
  else
    CHECK(parse_devices("cuda:all").size() == found);
}

}  // namespace

int main() {
  test_names();
  test_errors();
  test_this_machine();
  return check::exit_code();
}
