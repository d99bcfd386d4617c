// Random windows for the attention tests, and the comparison of two sets of statistics.
#pragma once

#include <cstring>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "attention_stats.h"
#include "check.h"

namespace fixture {

using namespace longattn;

enum class Content { randn, heavy_tailed, strong_sink, equal_keys };
constexpr Content kContents[] = {Content::randn, Content::heavy_tailed, Content::strong_sink, Content::equal_keys};

struct Shape {
  int64_t length, heads, kv_heads, dim;
};

// Q [heads][length][dim] and K [kv_heads][length][dim] in memory.
class Table : public HeadSource {
 public:
  Table(const Shape& shape, Content content, unsigned seed)
      : shape_(shape), q(shape.heads * shape.length * shape.dim), k(shape.kv_heads * shape.length * shape.dim) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    for (float& x : q) x = normal(engine);
    for (float& x : k) x = normal(engine);
    if (content == Content::heavy_tailed) {
      // Student's t with 3 degrees of freedom, row by row: logits reach tens of nats, anywhere in the window.
      const auto stretch = [&](std::vector<float>& rows) {
        for (size_t row = 0; row < rows.size() / shape.dim; ++row) {
          float chi = 0;
          for (int i = 0; i < 3; ++i) chi += std::pow(normal(engine), 2.0f);
          for (int64_t j = 0; j < shape.dim; ++j) rows[row * shape.dim + j] /= std::sqrt(chi / 3 + 1e-3f);
        }
      };
      stretch(q);
      stretch(k);
    }
    for (int64_t head = 0; content == Content::strong_sink && head < shape.kv_heads; ++head)
      for (int64_t i = 0; i < std::min<int64_t>(2, shape.length); ++i)
        for (int64_t j = 0; j < shape.dim; ++j) k[(head * shape.length + i) * shape.dim + j] = 9.0f;
    if (content == Content::strong_sink)  // every query looks along the sink's direction: its logit is about 9 sqrt(d)
      for (float& x : q) x += 1.0f;
    for (int64_t head = 0; content == Content::equal_keys && head < shape.kv_heads; ++head)
      for (int64_t i = 1; i < shape.length; ++i)
        std::memcpy(&k[(head * shape.length + i) * shape.dim], &k[head * shape.length * shape.dim],
                    shape.dim * sizeof(float));
  }

  void queries(int64_t head, int64_t row, int64_t count, float* out) const override {
    std::memcpy(out, &q[(head * shape_.length + row) * shape_.dim], count * shape_.dim * sizeof(float));
  }
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override {
    std::memcpy(out, &k[(kv_head * shape_.length + row) * shape_.dim], count * shape_.dim * sizeof(float));
  }

 private:
  Shape shape_;

 public:
  std::vector<float> q, k;
};

inline AttentionProblem problem_of(const Shape& shape, HeadSource& source, int64_t k) {
  AttentionProblem p;
  p.length = shape.length;
  p.heads = shape.heads;
  p.kv_heads = shape.kv_heads;
  p.dim = shape.dim;
  p.k = k;
  p.scale = 1.0f / std::sqrt(static_cast<float>(shape.dim));
  p.source = p.mutable_source = &source;
  return p;
}

// How far a kernel may be from float64.
struct Tolerance {
  double ds = 1e-6;         // absolute, of DS and of every mass, as means over the rows
  double squares = 1e-5;    // relative, of every sum of squares (and so of the variance)
  double bin_slack = 1e-6;  // of the head's sum of squares, allowed to one bin
  double entropy = 1e-5;    // nats, mean over the rows
  double token = 1e-5;      // absolute, of one row's far mass
};

// Makes a problem that bf16 can say exactly: its inputs rounded to bf16, and a scale by which the kernel multiplies the
// queries without rounding them again (it multiplies by scale * log2(e), or by scale / softcap). What remains is
// float32.
inline void round_for_bf16(Table& table, AttentionProblem& p) {
  for (std::vector<float>* values : {&table.q, &table.k})
    for (float& x : *values) {
      uint32_t bits;
      std::memcpy(&bits, &x, sizeof bits);
      bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
      std::memcpy(&x, &bits, sizeof bits);
    }
  p.scale = p.softcap > 0 ? p.softcap / 8 : 0.125f / 1.44269504f;
}

// N-1 form of docs/definitions.md.
inline double variance(const HeadStats& s, double length) {
  const double count = length * length;
  return count < 2 ? 0 : (s.far_squares - s.far_mass * s.far_mass / count) / (count - 1);
}

// Squares of weights below 2^-63 of the row's largest are beneath float32's smallest number: sums of squares that small
// are compared on this absolute floor a row instead of relative.
constexpr double kSquaresFloor = 1e-18;

inline void compare(const AttentionStats& got, const AttentionStats& want, int64_t length, const Tolerance& t,
                    const std::string& name) {
  const double rows = static_cast<double>(length);
  for (size_t h = 0; h < want.heads.size(); ++h) {
    const HeadStats &a = got.heads[h], &b = want.heads[h];
    const auto mass = [&](double x, double y, const char* field) {
      CHECK_MESSAGE(check::close(x / rows, y / rows, 0, t.ds), name + " head " + std::to_string(h) + " " + field +
                                                                   ": " + std::to_string(x / rows) + " is not " +
                                                                   std::to_string(y / rows));
    };
    const auto squares = [&](double x, double y, const char* field, double slack = 0) {
      CHECK_MESSAGE(
          check::close(x, y, t.squares, kSquaresFloor * rows + slack),
          name + " head " + std::to_string(h) + " " + field + ": relative difference " + std::to_string((x - y) / y));
    };
    mass(a.far_mass, b.far_mass, "far_mass");
    mass(a.far_peak, b.far_peak, "far_peak");
    squares(a.far_squares, b.far_squares, "far_squares");
    squares(variance(a, rows), variance(b, rows), "variance");
    CHECK_MESSAGE(
        check::close(a.entropy / rows, b.entropy / rows, 0, t.entropy),
        name + " entropy " + std::to_string(a.entropy / rows) + " is not " + std::to_string(b.entropy / rows));
    // A bin's squares may rest on one key with a large logit, which float32 knows to |logit| * 2^-24 only: such a bin
    // may be off by a share of the head's sum that does not show in the head's variance.
    double all = 0;
    for (int j = 0; j < kBins; ++j) all += b.squares[j] + b.sink_squares[j];
    for (int j = 0; j < kBins; ++j) {
      mass(a.mass[j], b.mass[j], "mass");
      mass(a.sink_mass[j], b.sink_mass[j], "sink_mass");
      squares(a.squares[j], b.squares[j], "squares", t.bin_slack * all);
      squares(a.sink_squares[j], b.sink_squares[j], "sink_squares", t.bin_slack * all);
    }
  }
  CHECK(got.token_far.size() == want.token_far.size());
  for (size_t n = 0; n < want.token_far.size() && n < got.token_far.size(); ++n)
    CHECK_MESSAGE(check::close(got.token_far[n], want.token_far[n], 0, t.token),
                  name + " token " + std::to_string(n) + " differs by " +
                      std::to_string((got.token_far[n] - want.token_far[n]) * 1e6) + "e-6");
}

inline bool same_bits(const AttentionStats& a, const AttentionStats& b) {
  return a.heads.size() == b.heads.size() && a.token_far.size() == b.token_far.size() &&
         std::memcmp(a.heads.data(), b.heads.data(), a.heads.size() * sizeof(HeadStats)) == 0 &&
         (a.token_far.empty() ||
          std::memcmp(a.token_far.data(), b.token_far.data(), a.token_far.size() * sizeof(float)) == 0);
}

}  // namespace fixture
