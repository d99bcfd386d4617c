// Rotary angles and frequencies against formulas written down a second time, in long double.
#include "layer/rope.h"

#include <cmath>
#include <numbers>

#include "error_check.h"

using namespace longattn;

namespace {

constexpr long double kPi = std::numbers::pi_v<long double>;

RopeConfig plain(int64_t dim, double theta = 10000) {
  RopeConfig config;
  config.type = RopeConfig::Type::standard;
  config.theta = theta;
  config.dim = dim;
  return config;
}

void rotates_exactly_at_any_position() {
  const RopeConfig config = plain(128, 500000);
  const int64_t length = 131072;
  const RopeTable table(config, length);
  for (const int64_t position : {0, 1, 255, 256, 257, 4095, 32767, 65536 + 77, 131071}) {
    std::vector<float> x(128, 0), y(128, 0);
    for (int j = 0; j < 64; ++j) x[j] = 1, y[64 + j] = 1;
    table.rotate(position, x.data());
    table.rotate(position, y.data());
    for (int j = 0; j < 64; ++j) {
      const double frequency = std::pow(500000.0, -2.0 * j / 128);
      const long double angle = static_cast<long double>(position) * frequency;
      const auto cos = static_cast<double>(std::cos(angle)), sin = static_cast<double>(std::sin(angle));
      // One rounding to float32 and nothing else.
      CHECK_NEAR(x[j], cos, 0x1p-24, 1e-14);
      CHECK_NEAR(x[64 + j], sin, 0x1p-24, 1e-14);
      CHECK_NEAR(y[j], -sin, 0x1p-24, 1e-14);
      CHECK_NEAR(y[64 + j], cos, 0x1p-24, 1e-14);
    }
  }
}

void rotates_the_right_elements() {
  RopeConfig config = plain(4);
  config.offset = 2;
  config.attention_factor = 0.5;
  const std::vector<float> row = {1, 2, 3, 4, 5, 6, 7};
  const double angle[2] = {9.0, 9.0 * 0.01};
  for (const bool interleaved : {false, true}) {
    config.interleaved = interleaved;
    std::vector<float> out = row;
    RopeTable(config, 10).rotate(9, out.data());
    CHECK(out[0] == 1 && out[1] == 2 && out[6] == 7);
    for (int j = 0; j < 2; ++j) {
      const int first = interleaved ? 2 + 2 * j : 2 + j, second = interleaved ? first + 1 : first + 2;
      CHECK_NEAR(out[first], 0.5 * (row[first] * std::cos(angle[j]) - row[second] * std::sin(angle[j])), 1e-6, 0);
      CHECK_NEAR(out[second], 0.5 * (row[second] * std::cos(angle[j]) + row[first] * std::sin(angle[j])), 1e-6, 0);
    }
  }
  std::vector<float> out = row;
  RopeTable(RopeConfig(), 10).rotate(9, out.data());
  CHECK(out == row);
}

void keeps_lengths() {
  const RopeTable table(plain(64), 40000);
  for (const int64_t position : {1, 300, 39999}) {
    std::vector<float> row(64);
    double before = 0, after = 0;
    for (int i = 0; i < 64; ++i) row[i] = std::sin(i * 1.7f), before += row[i] * row[i];
    table.rotate(position, row.data());
    for (const float value : row) after += value * value;
    CHECK_NEAR(after, before, 1e-6, 0);
  }
}

void scales_linear_and_dynamic() {
  RopeConfig config = plain(16);
  config.type = RopeConfig::Type::linear;
  config.factor = 4;
  for (int j = 0; j < 8; ++j) CHECK_NEAR(rope_frequencies(config, 100)[j], std::pow(10000, -j / 8.0) / 4, 1e-14, 0);
  config.type = RopeConfig::Type::dynamic;
  config.original_length = 64;
  for (int j = 0; j < 8; ++j) {
    CHECK_NEAR(rope_frequencies(config, 64)[j], std::pow(10000, -j / 8.0), 1e-14, 0);
    CHECK_NEAR(rope_frequencies(config, 1)[j], std::pow(10000, -j / 8.0), 1e-14, 0);
    // Base times (s - (factor - 1))^(d / (d - 2)) with s = factor * 160 / 64.
    const long double base = 10000 * std::pow(4 * 160 / 64.0L - 3, 16 / 14.0L);
    CHECK_NEAR(rope_frequencies(config, 160)[j], static_cast<double>(std::pow(base, -j / 8.0L)), 1e-13, 0);
  }
}

void scales_llama3() {
  RopeConfig config = plain(128, 500000);
  config.type = RopeConfig::Type::llama3;
  config.factor = 8;
  config.low_freq_factor = 1;
  config.high_freq_factor = 4;
  config.original_length = 8192;
  const std::vector<double> frequencies = rope_frequencies(config, 32768);
  int bands[3] = {};
  for (int j = 0; j < 64; ++j) {
    const long double base = std::pow(500000.0L, -2.0L * j / 128), wave = 2 * kPi / base;
    long double expected;
    if (wave < 8192 / 4.0L) {
      expected = base, ++bands[0];
    } else if (wave > 8192 / 1.0L) {
      expected = base / 8, ++bands[2];
    } else {
      const long double smooth = (8192 / wave - 1) / (4 - 1);
      expected = (1 - smooth) * base / 8 + smooth * base, ++bands[1];
    }
    CHECK_NEAR(frequencies[j], static_cast<double>(expected), 1e-14, 0);
  }
  CHECK(bands[0] > 0 && bands[1] > 0 && bands[2] > 0);
}

void scales_yarn() {
  RopeConfig config = plain(64);
  config.type = RopeConfig::Type::yarn;
  config.factor = 16;
  config.original_length = 4096;
  config.beta_fast = 32;
  config.beta_slow = 1;
  for (const bool truncate : {true, false}) {
    config.truncate = truncate;
    const std::vector<double> frequencies = rope_frequencies(config, 10);
    // Index at which a wave turns b times within 4,096 positions: 64 ln(4096 / (2 pi b)) / (2 ln 10000).
    long double low = 64 * std::log(4096 / (2 * kPi * 32)) / (2 * std::log(10000.0L));
    long double high = 64 * std::log(4096 / (2 * kPi)) / (2 * std::log(10000.0L));
    if (truncate) low = std::floor(low), high = std::ceil(high);
    for (int j = 0; j < 32; ++j) {
      const long double base = std::pow(10000.0L, -2.0L * j / 64);
      const long double ramp = j <= low ? 0 : j >= high ? 1 : (j - low) / (high - low);
      CHECK_NEAR(frequencies[j], static_cast<double>(base * (1 - ramp) + base / 16 * ramp), 1e-13, 0);
    }
    CHECK(frequencies[0] == 1);
    CHECK_NEAR(frequencies[31], std::pow(10000, -62 / 64.0) / 16, 1e-14, 0);
  }
}

void switches_longrope() {
  RopeConfig config = plain(4);
  config.type = RopeConfig::Type::longrope;
  config.original_length = 100;
  config.short_factor = {1, 2};
  config.long_factor = {4, 8};
  CHECK_NEAR(rope_frequencies(config, 100)[1], 0.01 / 2, 1e-14, 0);
  CHECK_NEAR(rope_frequencies(config, 101)[0], 1.0 / 4, 1e-14, 0);
  CHECK_NEAR(rope_frequencies(config, 101)[1], 0.01 / 8, 1e-14, 0);
}

RopeConfig read(const std::string& lines, int64_t head_dim = 8) {
  const ModelSpec spec = parse_model_spec("longattn-model 1\n" + lines);
  return read_rope(SpecReader(spec, 0), head_dim);
}

void reads_sets() {
  const std::string base =
      "set rope.main.theta 10000\nset rope.main.dim 4\nset rope.main.offset 0\nset rope.main.interleaved 1\n"
      "set rope.main.attention_factor 1\n";
  const std::string standard = "set rope main\nset rope.main.type default\n" + base;
  CHECK(read("set rope none").type == RopeConfig::Type::none);
  CHECK(read(standard).interleaved);
  CHECK(read("set rope other\nset layers.0.rope main\nset rope.main.type default\n" + base).dim == 4);
  CHECK_ERROR(read(""), kModelInvalid, "rope is missing");
  CHECK_ERROR(read("set rope main\n" + base), kModelInvalid, "rope.main.type is missing");
  CHECK_ERROR(read("set rope main\nset rope.main.type ntk\n" + base), kModelInvalid, "must not be ntk");
  CHECK_ERROR(read(standard, 3), kModelInvalid, "from 2 to 3");
  CHECK_ERROR(read(standard + "set rope.main.factor 2\n"), kModelInvalid, "not a key of this rope type");
  CHECK_ERROR(read("set rope main\nset rope.main.type linear\n" + base), kModelInvalid, "factor is missing");
  CHECK_ERROR(read("set rope main\nset rope.main.type linear\nset rope.main.factor -2\n" + base), kModelInvalid,
              "above 0");
  CHECK_ERROR(read("set rope main\nset rope.main.type linear\nset rope.main.factor 2,\n" + base), kModelInvalid,
              "finite");
  const std::string longrope = "set rope main\nset rope.main.type longrope\nset rope.main.original_length 9\n" + base;
  CHECK_ERROR(read(longrope + "set rope.main.short_factor 1\n"), kModelInvalid, "list of 2 numbers");
  CHECK_ERROR(read(longrope + "set rope.main.short_factor 1,0\nset rope.main.long_factor 1,1\n"), kModelInvalid,
              "above 0");
  const std::string llama3 = "set rope main\nset rope.main.type llama3\nset rope.main.original_length 9\n" + base +
                             "set rope.main.factor 8\nset rope.main.low_freq_factor 4\n";
  CHECK_ERROR(read(llama3 + "set rope.main.high_freq_factor 4\n"), kModelInvalid, "above low_freq_factor");
}

}  // namespace

int main() {
  rotates_exactly_at_any_position();
  rotates_the_right_elements();
  keeps_lengths();
  scales_linear_and_dynamic();
  scales_llama3();
  scales_yarn();
  switches_longrope();
  reads_sets();
  return check::exit_code();
}
