// A random model of one layer on disk, its spec text, and its Q and K by the plainest float64 code.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace fixture {

// Every feature of the lookup path; what a test does not set is as in llama.
struct LayerZeroShape {
  int64_t hidden = 24, vocab = 40, heads = 4, kv_heads = 2, dim = 6;
  std::string dtype = "F32";  // of every tensor
  double embed_scale = 1;
  bool embed_norm = false;
  std::string norm = "rms";  // rms, layer, none
  bool plus_one = false;
  bool bias = false;  // of norms and projections
  double clip = 0;
  std::string qk_norm = "none";  // none, rms, layer
  bool qk_full = false, qk_after = false, qk_per_head = false;
  int64_t rope_dim = 4;  // 0: no rotation
  bool interleaved = false;
  int64_t learned_positions = 0;
  double weight_scale = 1;  // of Wq
};

class LayerZeroModel {
 public:
  explicit LayerZeroModel(const LayerZeroShape& shape, unsigned seed = 1);

  const std::string& spec() const { return spec_; }
  std::string file() const { return folder_.file("weights"); }
  // Byte where a tensor of the spec starts in file().
  int64_t offset_of(const std::string& role) const { return offsets_.at(role); }

  // Rotated query of a head, rotated key of a KV head, [dim], for `token` at `position`.
  std::vector<double> query(int64_t head, int64_t token, int64_t position) const;
  std::vector<double> key(int64_t kv_head, int64_t token, int64_t position) const;
  double scale() const;

 private:
  void add(const std::string& role, std::vector<int64_t> dims, double spread, double center = 0);
  std::vector<double> input(int64_t token, int64_t position) const;
  std::vector<double> norm(std::vector<double> x, const std::string& kind, const std::string& role, int64_t from) const;
  std::vector<double> head(const std::string& which, int64_t heads, int64_t index, int64_t token,
                           int64_t position) const;

  LayerZeroShape shape_;
  TemporaryFolder folder_;
  std::string spec_;
  std::string bytes_;
  std::map<std::string, std::vector<double>> values_;
  std::map<std::string, int64_t> offsets_;
  unsigned seed_;
};

}  // namespace fixture
