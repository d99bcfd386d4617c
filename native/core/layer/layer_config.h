// What the decoder needs to know of one layer, read from the spec and checked. No torch here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/spec_reader.h"
#include "layer/attention_config.h"
#include "layer/head_norm.h"
#include "layer/row_norm.h"

namespace longattn {

enum class Activation { silu, gelu, gelu_tanh, relu, relu_squared, swiglu_clamped, xielu };

// Learned numbers of xIELU, as stored (Huang and Schlag 2024, arXiv 2411.13010).
struct Xielu {
  double positive = 0;
  double negative = 0;
  double beta = 0;
  double eps = 0;
};

// Positions of the layer's queries and keys, and what leads to them.
struct LayerAttention {
  AttentionConfig base;  // sizes, scale, mask, rotation: the same keys in every layer
  bool latent = false;   // Q and K come through narrow latents, one rotated key is shared by all heads
  int64_t latent_rope_dim = 0;
  RowNorm q_latent_norm;
  RowNorm k_latent_norm;
  HeadNorm q_norm;
  HeadNorm k_norm;
};

struct ExpertsConfig {
  enum class Scoring { softmax, sigmoid, softmax_chosen, sparse_mixer };
  int64_t count = 0;
  int64_t top_k = 0;
  Scoring scoring = Scoring::softmax;
  double tolerance = 0;  // sparse_mixer: how far, relatively, a score may be below the best and still count
  bool normalize = false;
  double scale = 1;
  int64_t groups = 1;
  int64_t top_groups = 1;
  bool group_by_two = false;  // a group's score is the sum of its two best, not its best
  bool shared = false;        // an MLP that every token passes
};

// What a layer does besides attention. Only layers that are run need it.
struct BlockConfig {
  enum class Mlp { gated, plain, experts };
  bool parallel = false;            // the MLP reads the layer's input, not the sum with the attention
  bool residual_from_norm = false;  // what is added to is the norm's output
  double residual_scale = 1;
  int64_t value_dim = 0;  // of a head of V
  RowNorm attention_out_norm;
  RowNorm attention_sum_norm;
  RowNorm mlp_norm;
  RowNorm mlp_out_norm;
  RowNorm mlp_sum_norm;
  Mlp mlp = Mlp::gated;
  Activation activation = Activation::silu;
  Xielu xielu;
  ExpertsConfig experts;
};

// Each throws Error(kModelInvalid).
LayerAttention read_layer_attention(const SpecReader& reader);
BlockConfig read_block_config(const SpecReader& reader);
// The norm in front of the attention.
RowNorm read_input_norm(const SpecReader& reader);

}  // namespace longattn
