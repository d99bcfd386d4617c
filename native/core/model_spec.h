// What the TypeScript side says of a model, as a flat record: every name of the config resolved, every tensor located.
//
// config.json and the safetensors headers are read and checked in TypeScript (one JSON parser, src/model/); what reaches the
// core is a line-based text, so that core tests and benches run where there is no Node. Grammar: docs/model-spec.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace longattn {

enum class DType { f32, f16, bf16 };

struct TensorSpec {
  std::string file;             // absolute path
  int64_t offset = 0;           // bytes from the start of the file
  DType dtype = DType::f32;
  std::vector<int64_t> shape;   // row-major
};

struct ModelSpec {
  std::map<std::string, std::string> values;     // e.g. hidden_size -> "576"
  std::map<std::string, TensorSpec> tensors;     // by canonical role, e.g. embed, layers.0.q
};

// Throws std::invalid_argument with the line that is wrong.
ModelSpec parse_model_spec(const std::string& text);

}  // namespace longattn
