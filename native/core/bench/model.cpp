#include "model.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>

#include "device/aten.h"

namespace longattn::bench {

Model::Model(const ModelShape& shape)
    : shape_(shape), path_("/tmp/longattn-decoder-bench-" + std::to_string(getpid()) + ".bin") {
  std::normal_distribution<float> normal(0, 0.04F);
  std::mt19937 generator(1);
  std::ofstream file(path_, std::ios::binary);
  const int64_t largest = shape.hidden * std::max({shape.vocab, shape.width, shape.heads * shape.dim});
  at::Tensor values = at::empty({largest}, at::kFloat);
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < largest; ++i) data[i] = normal(generator);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor half = values.to(type);
    file.write(static_cast<const char*>(half.const_data_ptr()), largest * 2);
  }
  bytes_ = largest * 2;
}

Model::~Model() {
  std::remove(path_.c_str());
}

ModelSpec Model::spec(int64_t layers, bool bf16, bool head) const {
  std::string text = "longattn-model 1\n";
  const auto set = [&](const std::string& key, const std::string& value) { text += "set " + key + " " + value + "\n"; };
  const auto number = [&](const std::string& key, int64_t value) { set(key, std::to_string(value)); };
  set("architecture", "bench");
  number("layers", 64);
  number("hidden", shape_.hidden);
  number("vocab", shape_.vocab);
  number("heads", shape_.heads);
  number("kv_heads", shape_.kv_heads);
  number("head_dim", shape_.dim);
  number("value_dim", shape_.dim);
  set("attention.scale", std::to_string(1 / std::sqrt(static_cast<double>(shape_.dim))));
  number("rope.main.dim", shape_.dim);
  for (const auto& [key, value] : {std::pair{"embed.scale", "1"},
                                   {"embed.norm", "0"},
                                   {"norm.kind", "rms"},
                                   {"norm.eps", "0.00001"},
                                   {"norm.plus_one", "0"},
                                   {"attention.softcap", "0"},
                                   {"attention.window", "0"},
                                   {"attention.clip", "0"},
                                   {"qk_norm.kind", "none"},
                                   {"positions", "none"},
                                   {"rope", "main"},
                                   {"rope.main.type", "default"},
                                   {"rope.main.theta", "100000"},
                                   {"rope.main.offset", "0"},
                                   {"rope.main.interleaved", "0"},
                                   {"rope.main.attention_factor", "1"},
                                   {"block.norms", "mlp_norm"},
                                   {"block.norm.kind", "rms"},
                                   {"block.norm.eps", "0.00001"},
                                   {"block.norm.plus_one", "0"},
                                   {"block.parallel", "0"},
                                   {"block.residual_scale", "1"},
                                   {"block.residual_from_norm", "0"},
                                   {"mlp.kind", "gated"},
                                   {"mlp.activation", "silu"},
                                   {"final_norm.kind", "rms"},
                                   {"final_norm.eps", "0.00001"},
                                   {"final_norm.plus_one", "0"},
                                   {"head.scale", "1"},
                                   {"head.softcap", "0"}}) {
    if (head || (std::string(key).rfind("final_norm", 0) != 0 && std::string(key).rfind("head.", 0) != 0))
      set(key, value);
  }
  set("forward.dtype", bf16 ? "bf16" : "f32");
  const auto add = [&](const std::string& role, int64_t rows, int64_t columns = 0) {
    text += "tensor " + role + (bf16 ? " BF16 " : " F16 ") + std::to_string(rows) +
            (columns > 0 ? "x" + std::to_string(columns) : "") + " " + std::to_string(bf16 ? bytes_ : 0) + " " + path_ +
            "\n";
  };
  const int64_t hidden = shape_.hidden, queries = shape_.heads * shape_.dim, keys = shape_.kv_heads * shape_.dim;
  add("embed", shape_.vocab, hidden);
  for (int64_t n = 0; n <= layers; ++n) {
    const std::string layer = "layers." + std::to_string(n) + ".";
    add(layer + "norm", hidden);
    add(layer + "q", queries, hidden);
    add(layer + "k", keys, hidden);
    if (n == layers && !head) break;
    add(layer + "mlp_norm", hidden);
    add(layer + "v", keys, hidden);
    add(layer + "o", hidden, queries);
    add(layer + "gate", shape_.width, hidden);
    add(layer + "up", shape_.width, hidden);
    add(layer + "down", hidden, shape_.width);
  }
  if (head) {
    add("final_norm", hidden);
    add("head", shape_.vocab, hidden);
  }
  return parse_model_spec(text);
}

}  // namespace longattn::bench
