// A decoder of any size with random weights. No torch in this header.
//
// Every layer names the same bytes of one temporary file, so that a large model costs no disk. Each layer has a copy of
// its own in memory all the same where its weights are converted (float32) or go to a device.
#pragma once

#include <cstdint>
#include <string>

#include "checkpoint/model_spec.h"

namespace longattn::bench {

struct ModelShape {
  int64_t hidden, heads, kv_heads, dim, width, vocab;
};

class Model {
 public:
  explicit Model(const ModelShape& shape);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Layers 0 .. layers - 1 in full and the Q and K of one more; with `head` that one in full too, and losses. Products
  // in bf16, or in float32 from F16 weights.
  ModelSpec spec(int64_t layers, bool bf16, bool head = false) const;

 private:
  const ModelShape shape_;
  std::string path_;
  int64_t bytes_ = 0;  // of the F16 half of the file, before the BF16 half
};

}  // namespace longattn::bench
