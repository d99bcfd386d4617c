// What the TypeScript side says of a model, as a flat record: every name of the config resolved, every tensor located.
//
// config.json and the safetensors headers are read and checked in TypeScript (one JSON parser, src/model/); what
// reaches the core is a line-based text, so that core tests and benches run where there is no Node. Grammar:
// docs/model-spec.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace longattn {

enum class DType { f32, f16, bf16 };

inline int64_t bytes_of(DType dtype) {
  return dtype == DType::f32 ? 4 : 2;
}

// Blocks of rows of a fused matrix: block b is rows start + b*stride .. start + b*stride + size - 1.
struct RowBlocks {
  int64_t start = 0;
  int64_t size = 0;
  int64_t stride = 0;
  int64_t count = 0;  // 0: the whole matrix
};

struct TensorSpec {
  std::string role;
  std::string file;    // absolute path
  int64_t offset = 0;  // bytes from the start of the file
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  // row-major, as it lies in the file
  bool transposed = false;     // the file holds [in, out]
  RowBlocks rows;              // counted after the transposition
};

struct ModelSpec {
  std::map<std::string, std::string> values;  // e.g. hidden -> "576"
  std::map<std::string, TensorSpec> tensors;  // by role, e.g. embed, layers.0.q
};

// Throws Error(kModelInvalid) with the line that is wrong.
ModelSpec parse_model_spec(const std::string& text);

}  // namespace longattn
