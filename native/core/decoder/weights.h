// Weight matrices as tensors of the type that the products are computed in. Internal: includes torch.
//
// On the CPU a matrix that lies in the file as it is needed is not copied: the tensor is the mapping, so that a 16 GB
// checkpoint costs pages, not memory. Anything else (another type, a cut of a fused matrix, a transposed one) is copied
// once, when the model is opened, and so is every matrix for a device.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/mapped_files.h"
#include "checkpoint/model_spec.h"
#include "device/aten.h"
#include "layer/layer_config.h"
#include "windows/layer_provider.h"

namespace longattn {

// y = x W^T + b.
struct Linear {
  at::Tensor weight;  // [out, in], product type; undefined: absent
  at::Tensor bias;    // [out], float32; undefined: none
};

struct MlpWeights {
  Linear gate, up, down;  // plain MLPs have no gate
};

struct LayerWeights {
  Linear q, k, v, o;
  Linear q_latent, k_latent,
      k_rope;      // latent attention: from the hidden state to the latents and to the shared rotated key
  MlpWeights mlp;  // the shared one beside experts
  Linear router;   // float32
  Linear shared_router;
  at::Tensor router_correction;  // [experts] float32 or undefined
  std::vector<MlpWeights> experts;
};

class WeightLoader {
 public:
  // What is mapped and not copied is entered in `files`. Polls options.cancel; its methods throw Cancelled.
  WeightLoader(const ModelSpec& spec, at::ScalarType type, const OpenOptions& options, MappedFiles& files,
               at::Device device = at::kCPU)
      : spec_(spec), type_(type), options_(options), files_(files), device_(device) {}

  // Weight and bias of a role; an undefined weight if the spec has no such tensor.
  Linear linear(const std::string& role) const;
  Linear linear_float(const std::string& role) const;
  // Everything that leads to Q and K of a layer.
  LayerWeights heads(int64_t layer) const;
  // What the layer needs besides to be run. Throws Error(kModelInvalid) naming the role that is missing.
  void add_forward(int64_t layer, const BlockConfig& block, LayerWeights& weights) const;

 private:
  Linear load(const std::string& role, at::ScalarType type) const;
  Linear required(const std::string& role) const;
  MlpWeights mlp(const std::string& prefix, bool gated) const;
  at::Tensor matrix(const TensorSpec& spec, at::ScalarType type) const;
  at::Tensor vector(const TensorSpec& spec) const;
  const TensorSpec* find(const std::string& role) const;

  const ModelSpec& spec_;
  at::ScalarType type_;
  OpenOptions options_;
  MappedFiles& files_;
  at::Device device_;
};

}  // namespace longattn
