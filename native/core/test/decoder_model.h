// A small decoder with random weights in a file of its own, for tests of what surrounds the numbers.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "checkpoint/model_spec.h"

class DecoderModel {
 public:
  static constexpr int64_t kHidden = 8, kVocab = 32, kWidth = 12;

  explicit DecoderModel(int64_t layers) {
    add("embed", {kVocab, kHidden});
    for (int64_t n = 0; n < layers; ++n) {
      const std::string layer = "layers." + std::to_string(n) + ".";
      for (const char* norm : {"norm", "mlp_norm"}) add(layer + norm, {kHidden});
      for (const char* square : {"q", "o"}) add(layer + square, {kHidden, kHidden});
      for (const char* half : {"k", "v"}) add(layer + half, {kHidden / 2, kHidden});
      for (const char* wide : {"gate", "up"}) add(layer + wide, {kWidth, kHidden});
      add(layer + "down", {kHidden, kWidth});
    }
    add("final_norm", {kHidden});
    add("head", {kVocab, kHidden});
    text_ = "longattn-model 1\nset architecture test\nset layers " + std::to_string(layers) +
            "\nset hidden 8\nset vocab 32\nset heads 2\nset kv_heads 1\nset head_dim 4\nset value_dim 4\nset "
            "embed.scale 1\n"
            "set embed.norm 0\nset norm.kind rms\nset norm.eps 0.00001\nset norm.plus_one 0\nset attention.scale 0.5\n"
            "set attention.softcap 0\nset attention.window 0\nset attention.clip 0\nset qk_norm.kind none\nset "
            "positions none\n"
            "set rope main\nset rope.main.type default\nset rope.main.theta 10000\nset rope.main.dim 4\nset "
            "rope.main.offset 0\n"
            "set rope.main.interleaved 0\nset rope.main.attention_factor 1\nset forward.dtype f32\nset block.norms "
            "mlp_norm\n"
            "set block.norm.kind rms\nset block.norm.eps 0.00001\nset block.norm.plus_one 0\nset block.parallel 0\n"
            "set block.residual_scale 1\nset block.residual_from_norm 0\nset mlp.kind gated\nset mlp.activation silu\n"
            "set final_norm.kind rms\nset final_norm.eps 0.00001\nset final_norm.plus_one 0\nset head.scale 1\nset "
            "head.softcap 0\n" +
            text_;
    std::ofstream(path_, std::ios::binary).write(reinterpret_cast<const char*>(values_.data()), bytes());
  }

  ~DecoderModel() { std::remove(path_.c_str()); }
  DecoderModel(const DecoderModel&) = delete;
  DecoderModel& operator=(const DecoderModel&) = delete;

  longattn::ModelSpec spec() const { return longattn::parse_model_spec(text_); }
  const std::string& path() const { return path_; }
  int64_t bytes() const { return static_cast<int64_t>(values_.size() * sizeof(float)); }

  // Overwrites the first value of a tensor in the file.
  void poison(const std::string& role, float value) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(spec().tensors.at(role).offset);
    file.write(reinterpret_cast<const char*>(&value), sizeof(value));
  }

 private:
  void add(const std::string& role, const std::vector<int64_t>& shape) {
    std::string size;
    int64_t count = 1;
    for (const int64_t dimension : shape) {
      size += (size.empty() ? "" : "x") + std::to_string(dimension);
      count *= dimension;
    }
    text_ += "tensor " + role + " F32 " + size + " " + std::to_string(bytes()) + " " + path_ + "\n";
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < count; ++i) values_.push_back(shape.size() == 1 ? 1 : 0.5F * normal(generator_));
  }

  std::mt19937 generator_{7};
  std::string path_ = "/tmp/longattn-decoder-" + std::to_string(getpid()) + ".bin";
  std::vector<float> values_;
  std::string text_;
};
