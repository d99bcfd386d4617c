// What the lookup path can do of a model: whether a spec is one of layer 0 alone, and such a model, opened.
#pragma once

#include <vector>

#include "layer_zero/layer_zero.h"
#include "windows/replicas.h"

namespace longattn {

// Whether the lookup path knows all that layer 0 of this spec does to its heads.
bool lookup_knows(const ModelSpec& spec);
// Whether it is all that the spec needs: nothing is to be run, only layer 0's attention is read. No torch then, on the
// CPU.
bool lookup_alone(const ModelSpec& spec);

// Layer 0 on the CPU: one replica.
class LookupModel : public Replicas {
 public:
  // Throws as LayerZero().
  LookupModel(const ModelSpec& spec, const OpenOptions& options);

  const std::vector<Replica>& all() const override { return replicas_; }
  Counters counters() const override { return layer_zero_.counters(); }

 private:
  LayerZero layer_zero_;
  std::vector<Replica> replicas_;
};

}  // namespace longattn
