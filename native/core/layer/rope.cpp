// Reads a rotary set, builds the two-level angle table, rotates.
#include "layer/rope.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace longattn {
namespace {

constexpr int64_t kFine = 256;

RopeConfig::Type read_type(const SpecReader& reader, const std::string& key) {
  const std::string word = reader.word(key, {"default", "linear", "dynamic", "llama3", "yarn", "longrope"});
  if (word == "default") return RopeConfig::Type::standard;
  if (word == "linear") return RopeConfig::Type::linear;
  if (word == "dynamic") return RopeConfig::Type::dynamic;
  if (word == "llama3") return RopeConfig::Type::llama3;
  if (word == "yarn") return RopeConfig::Type::yarn;
  return RopeConfig::Type::longrope;
}

// Each optional key belongs to some types; elsewhere it is refused, as a sign that the two sides disagree.
class RopeReader {
 public:
  RopeReader(const SpecReader& reader, std::string prefix, RopeConfig::Type type)
      : reader_(reader), prefix_(std::move(prefix)), type_(type) {}

  std::string key(const char* name) const { return prefix_ + name; }

  bool wants(const char* name, std::initializer_list<RopeConfig::Type> types) const {
    for (const RopeConfig::Type type : types) {
      if (type == type_) return true;
    }
    if (reader_.has(key(name))) {
      throw Error(kModelInvalid, "model spec: " + key(name) + " is not a key of this rope type.");
    }
    return false;
  }

 private:
  const SpecReader& reader_;
  std::string prefix_;
  RopeConfig::Type type_;
};

std::vector<double> read_divisors(const SpecReader& reader, const std::string& key, int64_t count) {
  std::vector<double> divisors = reader.reals(key, count);
  for (const double divisor : divisors) {
    if (!(divisor > 0)) throw Error(kModelInvalid, "model spec: every number of " + key + " must be above 0.");
  }
  return divisors;
}

}  // namespace

RopeConfig read_rope(const SpecReader& reader, int64_t head_dim) {
  using Type = RopeConfig::Type;
  RopeConfig config;
  const std::string name = reader.text("rope");
  if (name == "none") return config;
  const std::string prefix = "rope." + name + ".";
  config.type = read_type(reader, prefix + "type");
  const RopeReader set(reader, prefix, config.type);
  config.theta = reader.positive(set.key("theta"));
  config.offset = reader.integer(set.key("offset"), 0, head_dim - 1);
  config.dim = reader.integer(set.key("dim"), 2, head_dim - config.offset);
  if (config.dim % 2 != 0) {
    throw Error(kModelInvalid,
                "model spec: " + set.key("dim") + " must not be " + std::to_string(config.dim) + ". It must be even.");
  }
  config.interleaved = reader.flag(set.key("interleaved"));
  config.reversed = reader.has(set.key("reversed")) && reader.flag(set.key("reversed"));
  config.attention_factor = reader.positive(set.key("attention_factor"));
  if (set.wants("factor", {Type::linear, Type::dynamic, Type::llama3, Type::yarn})) {
    config.factor = reader.positive(set.key("factor"));
  }
  if (set.wants("original_length", {Type::dynamic, Type::llama3, Type::yarn, Type::longrope})) {
    config.original_length = reader.integer(set.key("original_length"), 1, kMaxPosition);
  }
  if (set.wants("low_freq_factor", {Type::llama3}))
    config.low_freq_factor = reader.positive(set.key("low_freq_factor"));
  if (set.wants("high_freq_factor", {Type::llama3})) {
    config.high_freq_factor = reader.positive(set.key("high_freq_factor"));
  }
  if (config.type == Type::llama3 && !(config.high_freq_factor > config.low_freq_factor)) {
    throw Error(kModelInvalid, "model spec: " + set.key("high_freq_factor") + " must be above low_freq_factor.");
  }
  if (set.wants("beta_fast", {Type::yarn})) config.beta_fast = reader.positive(set.key("beta_fast"));
  if (set.wants("beta_slow", {Type::yarn})) config.beta_slow = reader.positive(set.key("beta_slow"));
  if (set.wants("truncate", {Type::yarn})) config.truncate = reader.flag(set.key("truncate"));
  if (set.wants("short_factor", {Type::longrope})) {
    config.short_factor = read_divisors(reader, set.key("short_factor"), config.dim / 2);
  }
  if (set.wants("long_factor", {Type::longrope})) {
    config.long_factor = read_divisors(reader, set.key("long_factor"), config.dim / 2);
  }
  return config;
}

RopeTable::RopeTable(const RopeConfig& config, int64_t length) {
  if (config.type == RopeConfig::Type::none) return;
  half_ = config.dim / 2;
  offset_ = config.offset;
  first_stride_ = config.interleaved ? 2 : 1;
  second_offset_ = config.interleaved ? 1 : half_;
  const std::vector<double> frequencies = rope_frequencies(config, length);
  const auto fill = [&](std::vector<Angle>& table, int64_t rows, int64_t step, long double scale) {
    table.resize(static_cast<size_t>(rows * half_));
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t j = 0; j < half_; ++j) {
        const long double angle = static_cast<long double>(row * step) * frequencies[j];
        table[row * half_ + j] = {static_cast<double>(scale * std::cos(angle)),
                                  static_cast<double>(scale * std::sin(angle))};
      }
    }
  };
  fill(coarse_, (length + kFine - 1) / kFine, kFine, config.attention_factor);
  fill(fine_, kFine, 1, 1);
}

namespace {

// Turns pairs (x[j * kStride], y[j * kStride]), j < count.
template <int64_t kStride>
void turn(float* __restrict x, float* __restrict y, const double* cos, const double* sin, int64_t count) {
  for (int64_t j = 0; j < count; ++j) {
    const double a = x[j * kStride], b = y[j * kStride];
    x[j * kStride] = static_cast<float>(a * cos[j] - b * sin[j]);
    y[j * kStride] = static_cast<float>(b * cos[j] + a * sin[j]);
  }
}

}  // namespace

void RopeTable::rotate(int64_t position, float* rows, int64_t count, int64_t stride) const {
  if (half_ == 0) return;
  constexpr int64_t kPairs = 64;  // whose angles are made once for all rows
  double cos[kPairs], sin[kPairs];
  const Angle* a = coarse_.data() + position / kFine * half_;
  const Angle* b = fine_.data() + position % kFine * half_;
  for (int64_t first = 0; first < half_; first += kPairs) {
    const int64_t pairs = std::min(kPairs, half_ - first);
    for (int64_t i = 0; i < pairs; ++i) {
      const int64_t j = first + i;
      cos[i] = a[j].cos * b[j].cos - a[j].sin * b[j].sin;
      sin[i] = a[j].sin * b[j].cos + a[j].cos * b[j].sin;
    }
    for (int64_t r = 0; r < count; ++r) {
      float* x = rows + r * stride + offset_ + first * first_stride_;
      if (first_stride_ == 1) {
        turn<1>(x, x + second_offset_, cos, sin, pairs);
      } else {
        turn<2>(x, x + second_offset_, cos, sin, pairs);
      }
    }
  }
}

}  // namespace longattn
