// Rotary position embedding: the angles of every scaling rule, and the rotation of a row, with angles exact at any
// position.
//
// Angles are position * frequency. In fp32 they are wrong by 1e-3 at position 32,768, so everything here is float64,
// and the tables are built in long double. A table of cos and sin for every position would be 33 MB at d = 128 and L =
// 32,768; two levels, 256a and b, joined by the addition theorem, are 0.4 MB and as exact.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/spec_reader.h"

namespace longattn {

struct RopeConfig {
  enum class Type { none, standard, linear, dynamic, llama3, yarn, longrope };
  Type type = Type::none;
  double theta = 0;
  int64_t dim = 0;        // rotated dimensions, even
  int64_t offset = 0;     // the first of them
  bool reversed = false;  // each pair turns the other way
  bool interleaved = false;
  double attention_factor = 1;
  double factor = 1;
  int64_t original_length = 0;
  double low_freq_factor = 0;
  double high_freq_factor = 0;
  double beta_fast = 0;
  double beta_slow = 0;
  bool truncate = true;
  std::vector<double> short_factor;  // [dim / 2]
  std::vector<double> long_factor;   // [dim / 2]

  bool operator==(const RopeConfig&) const = default;
};

// The rotary set that the reader's layer names; `head_dim` bounds dim + offset.
RopeConfig read_rope(const SpecReader& reader, int64_t head_dim);

// Radians per position, [dim / 2], for a window of `length` tokens (dynamic and longrope depend on it).
std::vector<double> rope_frequencies(const RopeConfig& config, int64_t length);

class RopeTable {
 public:
  RopeTable() = default;  // rotates nothing
  RopeTable(const RopeConfig& config, int64_t length);

  // Rotates `row` [head_dim] as position `position` < length, in place. Thread-safe.
  void rotate(int64_t position, float* row) const { rotate(position, row, 1, 0); }
  // `count` rows, the next one `stride` floats on: the heads of a position.
  void rotate(int64_t position, float* rows, int64_t count, int64_t stride) const;

  // The tables themselves, for who rotates elsewhere: the angle of position n and pair j is coarse[n / 256][j] +
  // fine[n % 256][j]; pair j is the numbers offset + j * first_stride and second_offset beyond it.
  struct Angle {
    double cos;
    double sin;
  };
  int64_t half() const { return half_; }
  int64_t offset() const { return offset_; }
  int64_t first_stride() const { return first_stride_; }
  int64_t second_offset() const { return second_offset_; }
  const std::vector<Angle>& coarse() const { return coarse_; }
  const std::vector<Angle>& fine() const { return fine_; }

 private:
  int64_t half_ = 0;  // dim / 2
  int64_t offset_ = 0;
  int64_t first_stride_ = 0;   // from one pair to the next
  int64_t second_offset_ = 0;  // from a pair's first element to its second
  std::vector<Angle> coarse_;  // [ceil(length / 256)][half], the attention factor included
  std::vector<Angle> fine_;    // [256][half]
};

}  // namespace longattn
