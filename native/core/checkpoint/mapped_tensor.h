// One tensor of a weight file. Rows are read from the file, so that one that is cut while we read gives an error; only
// who asks for data() gets a mapping, in which a page past the file's end would kill the process.
//
// TypeScript has checked the header, but the file may have changed since, and the core is used without it too: offset,
// size and shape are checked again against the file's real size before anything is mapped.
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/model_spec.h"

namespace longattn {

class MappedTensor {
 public:
  // `rows` x `columns` (both above 0) is the matrix after its view; a vector of n is n x 1. Throws
  // Error(kFileUnreadable) if the file cannot be opened or is shorter than offset + size, Error(kModelInvalid) if the
  // shape is another one.
  MappedTensor(const TensorSpec& spec, int64_t rows, int64_t columns);
  ~MappedTensor();
  MappedTensor(MappedTensor&& other) noexcept;
  MappedTensor& operator=(MappedTensor&&) = delete;

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  const TensorSpec& spec() const { return spec_; }

  // Row `row` of the matrix as float32, out [columns]: of a quantized one, each element times the factor of its block,
  // rounded once. Throws Error(kWeightNotFinite) naming role, row and file.
  // Thread-safe.
  void read_row(int64_t row, float* out) const;
  // First byte of the tensor as it lies in the file, before any view; maps it at the first call, from one thread.
  const void* data() const;
  // All rows, [rows * columns].
  std::vector<float> read_all() const;
  // Rows are read in no order: no read-ahead. For the embedding.
  void expect_random_access() const;
  // Throws Error(kFileUnreadable) if the file has become shorter.
  void check_not_truncated() const;
  // Where it ends in its file.
  int64_t end() const { return spec_.offset + bytes_; }
  // A mapping stays; nothing else can be read any more.
  void close_file();

 private:
  void read_scales();
  int64_t file_row(int64_t row) const;
  // `count` bytes from byte `from` of the tensor.
  void read(int64_t from, int64_t count, void* out) const;
  void check_finite(int64_t row, const float* values) const;

  TensorSpec spec_;
  int64_t rows_;
  int64_t columns_;
  int64_t bytes_ = 0;
  int descriptor_ = -1;
  mutable void* mapping_ = nullptr;
  mutable int64_t mapping_bytes_ = 0;
  std::vector<float> scales_;  // of a quantized tensor, a row of factors for each row of blocks
  int64_t scale_columns_ = 0;
};

}  // namespace longattn
