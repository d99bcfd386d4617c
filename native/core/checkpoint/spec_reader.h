// Typed reading of a model spec for one layer: `layers.N.KEY` where it is set, else `KEY`. A missing key is an error.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "checkpoint/model_spec.h"

namespace longattn {

// Limits that no model comes near; they keep every size that is made of them far from overflow.
constexpr int64_t kMaxWidth = int64_t{1} << 20;
constexpr int64_t kMaxVocab = int64_t{1} << 28;
constexpr int64_t kMaxHeads = int64_t{1} << 12;
constexpr int64_t kMaxHeadDim = 512;                // of the attention kernels
constexpr int64_t kMaxPosition = int64_t{1} << 31;  // windows, offsets, lengths that a rotation was trained for

class SpecReader {
 public:
  SpecReader(const ModelSpec& spec, int64_t layer) : spec_(spec), prefix_("layers." + std::to_string(layer) + ".") {}

  // Each throws Error(kModelInvalid) that names the key, the value and what is allowed.
  int64_t integer(const std::string& key, int64_t low, int64_t high) const;
  double real(const std::string& key) const;      // finite
  double positive(const std::string& key) const;  // finite, > 0
  bool flag(const std::string& key) const;        // 0 or 1
  std::vector<double> reals(const std::string& key, int64_t count) const;
  std::string word(const std::string& key, std::initializer_list<const char*> allowed) const;
  const std::string& text(const std::string& key) const;
  bool has(const std::string& key) const { return find(key) != nullptr; }

  // The tensor of a role, or null.
  const TensorSpec* tensor(const std::string& role) const;        // global
  const TensorSpec* layer_tensor(const std::string& role) const;  // of this layer
  // The same where there must be one.
  const TensorSpec& required_tensor(const std::string& role) const;
  const TensorSpec& required_layer_tensor(const std::string& role) const;

 private:
  const std::string* find(const std::string& key) const;
  const ModelSpec& spec_;
  std::string prefix_;
};

}  // namespace longattn
