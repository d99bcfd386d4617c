// What the lookup path can do of a model, told by its spec.
#pragma once

#include "checkpoint/model_spec.h"

namespace longattn {

// Whether the lookup path knows all that layer 0 of this spec does to its heads.
bool lookup_knows(const ModelSpec& spec);
// Whether it is all that the spec needs: nothing is to be run, only layer 0's attention is read. No torch then, on the
// CPU.
bool lookup_alone(const ModelSpec& spec);

}  // namespace longattn
