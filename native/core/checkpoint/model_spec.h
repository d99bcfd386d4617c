// What the TypeScript side says of a model, as a flat record: every name of the config resolved, every tensor located.
//
// config.json and the safetensors headers are read and checked in TypeScript (one JSON parser, src/model/); what
// reaches the core is a line-based text, so that core tests and benches run where there is no Node. Grammar:
// docs/model-spec.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace longattn {

// The 8-bit and 4-bit ones are quantized: such a tensor has a scale, but for e8m0, which only scales are.
enum class DType { f32, f16, bf16, f8_e4m3, f8_e5m2, f4_e2m1, e8m0 };

inline bool is_quantized(DType dtype) {
  return dtype == DType::f8_e4m3 || dtype == DType::f8_e5m2 || dtype == DType::f4_e2m1;
}

// Bytes of `count` elements that lie together; two of f4_e2m1 share a byte, so that count must be even.
inline int64_t bytes_of(DType dtype, int64_t count = 1) {
  switch (dtype) {
    case DType::f32:
      return 4 * count;
    case DType::f16:
    case DType::bf16:
      return 2 * count;
    case DType::f4_e2m1:
      return count / 2;
    default:
      return count;
  }
}

// Blocks of rows of a fused matrix: block b is rows start + b*stride .. start + b*stride + size - 1.
struct RowBlocks {
  int64_t start = 0;
  int64_t size = 0;
  int64_t stride = 0;
  int64_t count = 0;  // 0: the whole matrix
};

// What the blocks of a quantized matrix are multiplied by: one factor for `block_rows` x `block_columns` elements.
struct ScaleSpec {
  std::string file;    // absolute path
  int64_t offset = 0;  // bytes from the start of the file
  DType dtype = DType::f32;
  int64_t block_rows = 0;
  int64_t block_columns = 0;
};

struct TensorSpec {
  std::string role;
  std::string file;    // absolute path
  int64_t offset = 0;  // bytes from the start of the file
  DType dtype = DType::f32;
  std::vector<int64_t> shape;      // row-major, as it lies in the file
  bool transposed = false;         // the file holds [in, out]
  RowBlocks rows;                  // counted after the transposition
  std::optional<ScaleSpec> scale;  // of a quantized dtype
};

struct ModelSpec {
  std::map<std::string, std::string> values;  // e.g. hidden -> "576"
  std::map<std::string, TensorSpec> tensors;  // by role, e.g. embed, layers.0.q
};

// Throws Error(kModelInvalid) with the line that is wrong.
ModelSpec parse_model_spec(const std::string& text);

}  // namespace longattn
