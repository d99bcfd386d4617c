// libFuzzer's target: any text as a model spec, and each of its tensors read from a file of 64 KiB. Right is a model or
// an Error; a crash, a hang and what the sanitizers report are not. scripts/fuzz.mjs builds and runs it, without OpenMP
// and libtorch, which the sanitizers of another compiler do not know.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "checkpoint/mapped_tensor.h"
#include "checkpoint/model_spec.h"
#include "error.h"

namespace {

using namespace longattn;

constexpr int64_t kFileBytes = 64 << 10;

// A file of every byte, which lives as long as the process.
const std::string& weights() {
  static const std::string path = [] {
    char name[] = "/tmp/longattn-fuzz-XXXXXX";
    const int descriptor = mkstemp(name);
    std::FILE* file = descriptor < 0 ? nullptr : fdopen(descriptor, "wb");
    if (file == nullptr) std::abort();
    for (int64_t i = 0; i < kFileBytes; ++i) std::fputc(static_cast<int>(i % 251), file);
    std::fclose(file);
    std::atexit([] { std::remove(weights().c_str()); });
    return std::string(name);
  }();
  return path;
}

// As the matrix that the spec says it is, if it is one.
void read_tensor(TensorSpec spec) {
  spec.file = weights();
  int64_t rows = spec.shape.empty() ? 1 : spec.shape.front();
  int64_t columns = spec.shape.size() > 1 ? spec.shape.back() : 1;
  if (spec.transposed) std::swap(rows, columns);
  if (spec.rows.count > 0 && __builtin_mul_overflow(spec.rows.size, spec.rows.count, &rows)) return;
  if (rows < 1 || columns < 1) return;  // what its callers check
  try {
    const MappedTensor tensor(spec, rows, columns);
    const auto* bytes = static_cast<const unsigned char*>(tensor.data());
    volatile unsigned char last = bytes[tensor.end() - spec.offset - 1];
    (void)last;
    std::vector<float> row(static_cast<size_t>(columns));
    tensor.read_row(0, row.data());
    tensor.read_row(rows - 1, row.data());
    (void)tensor.read_all();
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const ModelSpec spec = parse_model_spec(std::string(reinterpret_cast<const char*>(data), size));
    for (const auto& [role, tensor] : spec.tensors) read_tensor(tensor);
  } catch (const Error&) {
  }
  return 0;
}
