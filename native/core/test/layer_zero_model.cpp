// Writes the model and computes it again, one loop a formula.
#include "layer_zero_model.h"

#include <bit>
#include <cmath>
#include <random>

namespace fixture {
namespace {

constexpr double kEpsilon = 1e-5;

std::string number(double value) {
  char text[32];
  snprintf(text, sizeof text, "%.17g", value);
  return text;
}

// Rounds to the dtype by cutting float32's bits (any value of the type will do), appends its bytes.
double append(std::string& bytes, const std::string& dtype, double value) {
  if (std::fabs(value) < 0x1p-14) value = 0x1p-14;  // normal in F16
  auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  if (dtype == "BF16") bits &= 0xffff0000u;
  if (dtype == "F16") bits &= 0xffffe000u;  // 10 bits of mantissa
  const float rounded = std::bit_cast<float>(bits);
  if (dtype == "F32") {
    bytes.append(reinterpret_cast<const char*>(&bits), 4);
    return rounded;
  }
  auto half = static_cast<uint16_t>(bits >> 16);
  if (dtype == "F16") {
    const uint32_t exponent = (bits >> 23 & 255) - 112;
    half = static_cast<uint16_t>((bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 1023));
  }
  bytes.append(reinterpret_cast<const char*>(&half), 2);
  return rounded;
}

}  // namespace

LayerZeroModel::LayerZeroModel(const LayerZeroShape& shape, unsigned seed) : shape_(shape), seed_(seed) {
  spec_ = "longattn-model 1\n";
  const auto set = [&](const std::string& key, const std::string& value) {
    spec_ += "set " + key + " " + value + "\n";
  };
  const auto flag = [&](const std::string& key, bool value) { set(key, value ? "1" : "0"); };
  set("layers", "1");
  set("hidden", std::to_string(shape.hidden));
  set("vocab", std::to_string(shape.vocab));
  set("heads", std::to_string(shape.heads));
  set("kv_heads", std::to_string(shape.kv_heads));
  set("head_dim", std::to_string(shape.dim));
  set("embed.scale", number(shape.embed_scale));
  flag("embed.norm", shape.embed_norm);
  set("norm.kind", shape.norm);
  set("norm.eps", number(kEpsilon));
  flag("norm.plus_one", shape.plus_one);
  set("attention.scale", number(scale()));
  set("attention.softcap", "0");
  set("attention.window", "0");
  set("attention.clip", number(shape.clip));
  set("qk_norm.kind", shape.qk_norm);
  if (shape.qk_norm != "none") {
    set("qk_norm.over", shape.qk_full ? "full" : "head");
    set("qk_norm.place", shape.qk_after ? "after" : "before");
    set("qk_norm.eps", number(kEpsilon));
    set("qk_norm.plus_one", "0");
  }
  set("positions", shape.learned_positions > 0 ? "learned" : "none");
  if (shape.learned_positions > 0) set("positions.offset", "2");
  set("rope", shape.rope_dim > 0 ? "main" : "none");
  if (shape.rope_dim > 0) {
    set("rope.main.type", "default");
    set("rope.main.theta", "10000");
    set("rope.main.dim", std::to_string(shape.rope_dim));
    set("rope.main.offset", "0");
    flag("rope.main.interleaved", shape.interleaved);
    set("rope.main.attention_factor", "1");
  }
  const double spread = 1 / std::sqrt(static_cast<double>(shape.hidden));
  const int64_t rows[2] = {shape.heads, shape.kv_heads};
  add("embed", {shape.vocab, shape.hidden}, 1);
  if (shape.embed_norm) add("embed_norm", {shape.hidden}, 0.2, 1), add("embed_norm.bias", {shape.hidden}, 0.2);
  if (shape.learned_positions > 0) add("positions", {shape.learned_positions + 2, shape.hidden}, 0.5);
  if (shape.norm != "none") {
    add("layers.0.norm", {shape.hidden}, 0.2, 1);
    if (shape.bias) add("layers.0.norm.bias", {shape.hidden}, 0.2);
  }
  for (int i = 0; i < 2; ++i) {
    const std::string role = i == 0 ? "layers.0.q" : "layers.0.k";
    add(role, {rows[i] * shape.dim, shape.hidden}, 3 * spread * (i == 0 ? shape.weight_scale : 1));
    if (shape.bias) add(role + ".bias", {rows[i] * shape.dim}, 0.5);
    if (shape.qk_norm == "none") continue;
    if (shape.qk_full) {
      add(role + "_norm", {rows[i] * shape.dim}, 0.2, 1);
    } else if (shape.qk_per_head) {
      add(role + "_norm", {rows[i], shape.dim}, 0.2, 1);
    } else {
      add(role + "_norm", {shape.dim}, 0.2, 1);
    }
  }
  folder_.write("weights", bytes_.data(), bytes_.size());
}

void LayerZeroModel::add(const std::string& role, std::vector<int64_t> dims, double spread, double center) {
  std::mt19937 engine(seed_ + static_cast<unsigned>(bytes_.size()));
  std::normal_distribution<double> normal(center, spread);
  bytes_.append(1 + role.size() % 7, '\0');  // tensors may start anywhere
  offsets_[role] = static_cast<int64_t>(bytes_.size());
  std::string shape;
  int64_t count = 1;
  for (const int64_t size : dims) shape += (shape.empty() ? "" : "x") + std::to_string(size), count *= size;
  spec_ +=
      "tensor " + role + " " + shape_.dtype + " " + shape + " " + std::to_string(bytes_.size()) + " " + file() + "\n";
  for (int64_t i = 0; i < count; ++i) values_[role].push_back(append(bytes_, shape_.dtype, normal(engine)));
}

double LayerZeroModel::scale() const {
  return 1 / std::sqrt(static_cast<double>(shape_.dim));
}

std::vector<double> LayerZeroModel::norm(std::vector<double> x, const std::string& kind, const std::string& role,
                                         int64_t from) const {
  if (kind == "none") return x;
  const auto size = static_cast<double>(x.size());
  double mean = 0, squares = 0;
  for (const double value : x) mean += value / size;
  if (kind == "rms") mean = 0;
  for (const double value : x) squares += (value - mean) * (value - mean) / size;
  const auto bias = values_.find(role + ".bias");
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = (x[i] - mean) / std::sqrt(squares + kEpsilon) *
           (values_.at(role)[from + i] + (shape_.plus_one && role == "layers.0.norm"));
    if (bias != values_.end()) x[i] += bias->second[from + i];
  }
  return x;
}

std::vector<double> LayerZeroModel::input(int64_t token, int64_t position) const {
  std::vector<double> x(static_cast<size_t>(shape_.hidden));
  for (int64_t i = 0; i < shape_.hidden; ++i) {
    x[i] = values_.at("embed")[token * shape_.hidden + i] * shape_.embed_scale;
    if (shape_.learned_positions > 0) x[i] += values_.at("positions")[(position + 2) * shape_.hidden + i];
  }
  if (shape_.embed_norm) x = norm(x, "layer", "embed_norm", 0);
  return norm(x, shape_.norm, "layers.0.norm", 0);
}

std::vector<double> LayerZeroModel::head(const std::string& which, int64_t heads, int64_t index, int64_t token,
                                         int64_t position) const {
  const std::string role = "layers.0." + which;
  const std::vector<double> x = input(token, position);
  std::vector<double> all(static_cast<size_t>(heads * shape_.dim));
  for (size_t r = 0; r < all.size(); ++r) {
    for (int64_t i = 0; i < shape_.hidden; ++i) all[r] += values_.at(role)[r * shape_.hidden + i] * x[i];
    if (shape_.bias) all[r] += values_.at(role + ".bias")[r];
    if (shape_.clip > 0) all[r] = std::fmin(std::fmax(all[r], -shape_.clip), shape_.clip);
  }
  if (shape_.qk_full) all = norm(all, shape_.qk_norm, role + "_norm", 0);
  std::vector<double> out(all.begin() + index * shape_.dim, all.begin() + (index + 1) * shape_.dim);
  const int64_t from = shape_.qk_per_head ? index * shape_.dim : 0;
  if (!shape_.qk_full && !shape_.qk_after) out = norm(out, shape_.qk_norm, role + "_norm", from);
  for (int64_t j = 0; j < shape_.rope_dim / 2; ++j) {
    const double angle = static_cast<double>(position) *
                         std::pow(10000.0, -2.0 * static_cast<double>(j) / static_cast<double>(shape_.rope_dim));
    double& a = out[shape_.interleaved ? 2 * j : j];
    double& b = out[shape_.interleaved ? 2 * j + 1 : j + shape_.rope_dim / 2];
    const double x0 = a, y0 = b;
    a = x0 * std::cos(angle) - y0 * std::sin(angle);
    b = y0 * std::cos(angle) + x0 * std::sin(angle);
  }
  return shape_.qk_after ? norm(out, shape_.qk_norm, role + "_norm", from) : out;
}

std::vector<double> LayerZeroModel::query(int64_t head_index, int64_t token, int64_t position) const {
  return head("q", shape_.heads, head_index, token, position);
}

std::vector<double> LayerZeroModel::key(int64_t kv_head, int64_t token, int64_t position) const {
  return head("k", shape_.kv_heads, kv_head, token, position);
}

}  // namespace fixture
