// Reads or maps a tensor's byte range. All sizes are int64 and every product is checked for overflow: the numbers come
// from a file.
#include "checkpoint/mapped_tensor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "checkpoint/float_convert.h"
#include "error.h"

namespace longattn {
namespace {

[[noreturn]] void invalid(const TensorSpec& spec, const std::string& what) {
  throw Error(kModelInvalid, "tensor " + spec.role + " in " + spec.file + ": " + what);
}

int64_t multiply(const TensorSpec& spec, int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product)) invalid(spec, "its size does not fit in 64 bits.");
  return product;
}

int64_t add(const TensorSpec& spec, int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) invalid(spec, "its size does not fit in 64 bits.");
  return sum;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

// The matrix that the view gives must be rows x columns.
void check_view(const TensorSpec& spec, int64_t rows, int64_t columns) {
  int64_t elements = 1;
  for (const int64_t size : spec.shape) elements = multiply(spec, elements, size);
  const RowBlocks& blocks = spec.rows;
  int64_t stored_rows = rows;
  if (blocks.count > 0) {
    if (multiply(spec, blocks.size, blocks.count) != rows) {
      invalid(spec, "its view has " + std::to_string(blocks.size * blocks.count) + " rows, not " +
                        std::to_string(rows) + ".");
    }
    const int64_t span = elements / columns;
    const int64_t last =
        add(spec, add(spec, blocks.start, multiply(spec, blocks.stride, blocks.count - 1)), blocks.size);
    if (last > span) {
      invalid(spec, "its view ends at row " + std::to_string(last) + " of " + std::to_string(span) + ".");
    }
    stored_rows = span;
  }
  if (multiply(spec, stored_rows, columns) != elements || (spec.transposed && spec.shape.size() != 2) ||
      (spec.transposed && spec.shape.front() != columns)) {
    invalid(spec, "its shape must not be " + shape_text(spec.shape) + ". It must have " + std::to_string(rows) + " x " +
                      std::to_string(columns) + " elements as the config says.");
  }
}

int64_t bytes_of_all(const TensorSpec& spec, int64_t columns) {
  if (spec.dtype == DType::f4_e2m1 && columns % 2 != 0) invalid(spec, "its rows must have an even number of elements.");
  int64_t elements = 1;
  for (const int64_t size : spec.shape) elements = multiply(spec, elements, size);
  multiply(spec, elements, 4);  // so that no count of bytes overflows
  if (elements == 0) invalid(spec, "it is empty.");
  return bytes_of(spec.dtype, elements);
}

}  // namespace

// The factors are few and every row needs some, so they are read at once.
void MappedTensor::read_scales() {
  if (!spec_.scale) invalid(spec_, "it is quantized, and no scale is given.");
  if (spec_.transposed || spec_.shape.size() != 2) invalid(spec_, "a quantized tensor must be a matrix as it lies.");
  const ScaleSpec& scale = *spec_.scale;
  const int64_t rows = (spec_.shape[0] - 1) / scale.block_rows + 1;
  scale_columns_ = (columns_ - 1) / scale.block_columns + 1;
  TensorSpec factors;
  factors.role = spec_.role + " (scale)";
  factors.file = scale.file;
  factors.offset = scale.offset;
  factors.dtype = scale.dtype;
  factors.shape = {rows, scale_columns_};
  scales_ = MappedTensor(factors, rows, scale_columns_).read_all();
}

MappedTensor::MappedTensor(const TensorSpec& spec, int64_t rows, int64_t columns)
    : spec_(spec), rows_(rows), columns_(columns) {
  check_view(spec_, rows, columns);
  bytes_ = bytes_of_all(spec_, columns);
  if (is_quantized(spec_.dtype)) read_scales();
  descriptor_ = open(spec_.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    throw Error(kFileUnreadable, spec_.file + " cannot be opened: " + std::strerror(errno) + ".");
  }
  try {
    check_not_truncated();
    if (spec_.transposed) (void)data();  // rows may be read by several threads
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

void MappedTensor::check_not_truncated() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) {
    throw Error(kFileUnreadable, spec_.file + " cannot be read: " + std::strerror(errno) + ".");
  }
  if (S_ISDIR(status.st_mode)) throw Error(kFileUnreadable, spec_.file + " is a folder.");
  const int64_t end = add(spec_, spec_.offset, bytes_);
  if (end > static_cast<int64_t>(status.st_size)) {
    throw Error(kFileUnreadable, spec_.file + " is cut: tensor " + spec_.role + " ends at byte " + std::to_string(end) +
                                     ", the file at " + std::to_string(status.st_size) + ". Fetch it again.");
  }
}

const void* MappedTensor::data() const {
  const int64_t skip = spec_.offset % sysconf(_SC_PAGESIZE);
  if (mapping_ == nullptr) {
    mapping_bytes_ = add(spec_, bytes_, skip);
    void* mapped =
        mmap(nullptr, static_cast<size_t>(mapping_bytes_), PROT_READ, MAP_SHARED, descriptor_, spec_.offset - skip);
    if (mapped == MAP_FAILED) {
      throw Error(kFileUnreadable, spec_.file + " cannot be mapped: " + std::strerror(errno) + ".");
    }
    mapping_ = mapped;
  }
  return static_cast<const unsigned char*>(mapping_) + skip;
}

MappedTensor::~MappedTensor() {
  if (mapping_ != nullptr) munmap(mapping_, static_cast<size_t>(mapping_bytes_));
  close_file();
}

MappedTensor::MappedTensor(MappedTensor&& other) noexcept
    : spec_(std::move(other.spec_)),
      rows_(other.rows_),
      columns_(other.columns_),
      bytes_(other.bytes_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapping_bytes_(other.mapping_bytes_),
      scales_(std::move(other.scales_)),
      scale_columns_(other.scale_columns_) {}

void MappedTensor::close_file() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

int64_t MappedTensor::file_row(int64_t row) const {
  const RowBlocks& blocks = spec_.rows;
  return blocks.count == 0 ? row : blocks.start + row / blocks.size * blocks.stride + row % blocks.size;
}

void MappedTensor::read(int64_t from, int64_t count, void* out) const {
  auto* bytes = static_cast<char*>(out);
  for (int64_t done = 0; done < count;) {
    const ssize_t got = pread(descriptor_, bytes + done, static_cast<size_t>(count - done), spec_.offset + from + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(kFileUnreadable, spec_.file + " cannot be read: " + std::strerror(errno) + ".");
    if (got == 0) check_not_truncated();
    if (got == 0) throw Error(kFileUnreadable, spec_.file + " changed while it was read. Fetch it again.");
    done += got;
  }
}

void MappedTensor::check_finite(int64_t row, const float* values) const {
  for (int64_t c = 0; c < columns_; ++c) {
    if (!std::isfinite(values[c])) {
      throw Error(kWeightNotFinite, "tensor " + spec_.role + " in " + spec_.file + " holds NaN or Inf in row " +
                                        std::to_string(row) + ". Fetch or convert the checkpoint again.");
    }
  }
}

void MappedTensor::read_row(int64_t row, float* out) const {
  const int64_t from = file_row(row);
  if (spec_.transposed) {
    // A column of the file: a read a number would take for ever.
    const int64_t size = bytes_of(spec_.dtype), stride = spec_.shape[1] * size;
    const auto* data = static_cast<const unsigned char*>(this->data());
    for (int64_t c = 0; c < columns_; ++c) to_float32(spec_.dtype, data + c * stride + from * size, 1, out + c);
  } else {
    std::vector<unsigned char> stored(static_cast<size_t>(bytes_of(spec_.dtype, columns_)));
    read(bytes_of(spec_.dtype, from * columns_), static_cast<int64_t>(stored.size()), stored.data());
    to_float32(spec_.dtype, stored.data(), columns_, out);
  }
  if (spec_.scale) {
    const float* factors = scales_.data() + from / spec_.scale->block_rows * scale_columns_;
    for (int64_t c = 0; c < columns_; ++c) out[c] *= factors[c / spec_.scale->block_columns];
  }
  check_finite(row, out);
}

std::vector<float> MappedTensor::read_all() const {
  std::vector<float> values(static_cast<size_t>(rows_ * columns_));
  if (spec_.transposed || spec_.rows.count > 0 || spec_.scale) {
    for (int64_t row = 0; row < rows_; ++row) read_row(row, values.data() + row * columns_);
    return values;
  }
  std::vector<unsigned char> stored(static_cast<size_t>(bytes_));
  read(0, bytes_, stored.data());
  to_float32(spec_.dtype, stored.data(), rows_ * columns_, values.data());
  for (int64_t row = 0; row < rows_; ++row) check_finite(row, values.data() + row * columns_);
  return values;
}

void MappedTensor::expect_random_access() const {
#ifdef POSIX_FADV_RANDOM
  posix_fadvise(descriptor_, spec_.offset, bytes_, POSIX_FADV_RANDOM);
#endif
}

}  // namespace longattn
