// Told by the spec's keys and tensors: a tensor v means that layer 0 is to be run.
#include "layer_zero/lookup.h"

#include "checkpoint/spec_reader.h"

namespace longattn {

bool lookup_knows(const ModelSpec& spec) {
  const SpecReader reader(spec, 0);
  return !reader.has("attention.kind") && !reader.has("embed.width") && reader.layer_tensor("q_norm.0") == nullptr;
}

bool lookup_alone(const ModelSpec& spec) {
  return SpecReader(spec, 0).layer_tensor("v") == nullptr && lookup_knows(spec);
}

LookupModel::LookupModel(const ModelSpec& spec, const OpenOptions& options)
    : layer_zero_(spec, options), replicas_{{&layer_zero_}} {}

}  // namespace longattn
