// Mapped tensors: every half-precision value, views, and files that are not what the spec says.
#include "checkpoint/mapped_tensor.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "checkpoint/float_convert.h"
#include "checkpoint/mapped_files.h"
#include "error_check.h"
#include "temporary_folder.h"

using namespace longattn;

namespace {

using Row = std::vector<float>;

TensorSpec tensor(const std::string& file, std::vector<int64_t> shape, int64_t offset = 0) {
  TensorSpec spec;
  spec.role = "layers.0.q";
  spec.file = file;
  spec.offset = offset;
  spec.shape = std::move(shape);
  return spec;
}

std::vector<float> counting(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

void converts_every_half() {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    float f16, bf16;
    to_float32(DType::f16, &half, 1, &f16);
    to_float32(DType::bf16, &half, 1, &bf16);
    const int exponent = static_cast<int>(bits >> 10 & 31), mantissa = static_cast<int>(bits & 1023);
    double expected = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) expected = mantissa == 0 ? HUGE_VAL : NAN;
    if (bits & 0x8000) expected = -expected;
    const bool equal =
        std::isnan(expected) ? std::isnan(f16) : f16 == expected && std::signbit(f16) == std::signbit(expected);
    CHECK_MESSAGE(equal, "F16 " + std::to_string(bits));
    CHECK_MESSAGE(std::bit_cast<uint32_t>(bf16) == bits << 16, "BF16 " + std::to_string(bits));
    uint16_t f16_again, bf16_again;
    from_float32(DType::f16, &f16, 1, &f16_again);
    from_float32(DType::bf16, &bf16, 1, &bf16_again);
    CHECK_MESSAGE(f16_again == half && bf16_again == half, "back from float32: " + std::to_string(bits));
  }
}

void converts_every_byte() {
  for (int bits = 0; bits < 256; ++bits) {
    const auto byte = static_cast<uint8_t>(bits);
    const double sign = bits < 128 ? 1 : -1;
    float e4m3, e5m2, power;
    to_float32(DType::f8_e4m3, &byte, 1, &e4m3);
    to_float32(DType::f8_e5m2, &byte, 1, &e5m2);
    to_float32(DType::e8m0, &byte, 1, &power);
    const int e4 = bits >> 3 & 15, m3 = bits & 7, e5 = bits >> 2 & 31, m2 = bits & 3;
    const double four = e4 == 0 ? std::ldexp(m3, -9) : std::ldexp(8 + m3, e4 - 10);
    const double five = e5 == 0 ? std::ldexp(m2, -16) : std::ldexp(4 + m2, e5 - 17);
    CHECK_MESSAGE((bits & 127) == 127 ? std::isnan(e4m3) : e4m3 == sign * four, "F8_E4M3 " + std::to_string(bits));
    const bool equal = e5 < 31 ? e5m2 == sign * five : m2 == 0 ? e5m2 == sign * HUGE_VAL : std::isnan(e5m2);
    CHECK_MESSAGE(equal, "F8_E5M2 " + std::to_string(bits));
    CHECK_MESSAGE(bits == 255 ? std::isnan(power) : power == std::ldexp(1.0, bits - 127),
                  "E8M0 " + std::to_string(bits));
    float pair[2];
    to_float32(DType::f4_e2m1, &byte, 2, pair);
    const double values[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    const auto four_bits = [&](int nibble) { return (nibble < 8 ? 1 : -1) * values[nibble & 7]; };
    CHECK_MESSAGE(pair[0] == four_bits(bits & 15) && pair[1] == four_bits(bits >> 4),
                  "F4_E2M1 " + std::to_string(bits));
  }
}

TensorSpec with_scale(TensorSpec spec, DType dtype, const std::string& file, int64_t rows, int64_t columns) {
  spec.dtype = dtype;
  spec.scale = ScaleSpec{file, 0, DType::f32, rows, columns};
  return spec;
}

void dequantises(const fixture::TemporaryFolder& folder) {
  const uint8_t ones[15] = {0x38, 0x38, 0x38, 0x38, 0x38, 0x40, 0x40, 0x40, 0x40, 0x40, 0xb8, 0xb8, 0xb8, 0xb8, 0xb8};
  const float factors[] = {2, 3, 5, 7, 11, 13};
  const std::string file = folder.write("fp8", ones, sizeof(ones));
  const std::string scales = folder.write("scales", factors, sizeof(factors));
  // 3 x 5 elements of 1, 2 and -1, in blocks of 2 x 2: the last ones are smaller.
  TensorSpec spec = with_scale(tensor(file, {3, 5}), DType::f8_e4m3, scales, 2, 2);
  CHECK((MappedTensor(spec, 3, 5).read_all() == Row{2, 2, 3, 3, 5, 4, 4, 6, 6, 10, -7, -7, -11, -11, -13}));
  spec.rows = {2, 1, 1, 1};  // a view takes the factors of its own rows
  CHECK((MappedTensor(spec, 1, 5).read_all() == Row{-7, -7, -11, -11, -13}));
  const uint8_t packed[2] = {0x21, 0xa4};
  const uint8_t powers[2] = {128, 126};
  const std::string four = folder.write("fp4", packed, 2);
  TensorSpec mx = with_scale(tensor(four, {2, 2}), DType::f4_e2m1, folder.write("powers", powers, 2), 1, 32);
  mx.scale->dtype = DType::e8m0;
  CHECK((MappedTensor(mx, 2, 2).read_all() == Row{1, 2, 1, -0.5}));

  CHECK_ERROR(MappedTensor(with_scale(tensor(file, {3, 5}), DType::f8_e4m3, scales, 1, 1), 3, 5), kFileUnreadable,
              "(scale) ends at byte 60, the file at 24");
  CHECK_ERROR(MappedTensor(with_scale(tensor(four, {1, 3}), DType::f4_e2m1, scales, 1, 32), 1, 3), kModelInvalid,
              "even");
  TensorSpec bare = tensor(file, {3, 5});
  bare.dtype = DType::f8_e4m3;
  CHECK_ERROR(MappedTensor(bare, 3, 5), kModelInvalid, "no scale is given");
  TensorSpec turned = with_scale(tensor(file, {3, 5}), DType::f8_e4m3, scales, 2, 2);
  turned.transposed = true;
  CHECK_ERROR(MappedTensor(turned, 5, 3), kModelInvalid, "as it lies");
  const uint8_t broken[2] = {0x7f, 0x38};
  const std::string nan = folder.write("nan8", broken, 2);
  CHECK_ERROR(MappedTensor(with_scale(tensor(nan, {1, 2}), DType::f8_e4m3, scales, 1, 2), 1, 2).read_all(),
              kWeightNotFinite, "row 0");
}

void reads_rows_and_views(const fixture::TemporaryFolder& folder) {
  const std::vector<float> values = counting(24);
  const std::string file = folder.write("views", values.data(), 24 * sizeof(float));
  const auto row = [](const MappedTensor& matrix, int64_t index) {
    std::vector<float> out(static_cast<size_t>(matrix.columns()));
    matrix.read_row(index, out.data());
    return out;
  };
  CHECK((row(MappedTensor(tensor(file, {6, 4}), 6, 4), 5) == Row{20, 21, 22, 23}));
  // An offset that is no multiple of a page, nor of four bytes of it.
  CHECK((row(MappedTensor(tensor(file, {2, 4}, 16), 2, 4), 0) == Row{4, 5, 6, 7}));
  TensorSpec spec = tensor(file, {6, 4});
  spec.transposed = true;
  CHECK((row(MappedTensor(spec, 4, 6), 1) == Row{1, 5, 9, 13, 17, 21}));
  spec.rows = {1, 1, 2, 2};  // columns 1 and 3 of the file
  CHECK((row(MappedTensor(spec, 2, 6), 1) == Row{3, 7, 11, 15, 19, 23}));
  spec = tensor(file, {6, 4});
  spec.rows = {1, 2, 3, 2};  // rows 1, 2, 4, 5
  CHECK((row(MappedTensor(spec, 4, 4), 2) == Row{16, 17, 18, 19}));
  spec = tensor(file, {24});
  spec.rows = {2, 1, 10, 3};
  CHECK((MappedTensor(spec, 3, 1).read_all() == Row{2, 12, 22}));
}

void refuses(const fixture::TemporaryFolder& folder) {
  const std::vector<float> values = counting(8);
  const std::string file = folder.write("short", values.data(), 8 * sizeof(float));
  constexpr int64_t huge = std::numeric_limits<int64_t>::max();
  CHECK_ERROR(MappedTensor(tensor(folder.file("none"), {2}), 2, 1), kFileUnreadable, "cannot be opened");
  CHECK_ERROR(MappedTensor(tensor(file, {9}), 9, 1), kFileUnreadable, "ends at byte 36, the file at 32");
  CHECK_ERROR(MappedTensor(tensor(file, {8}, 4), 8, 1), kFileUnreadable, "is cut");
  CHECK_ERROR(MappedTensor(tensor(file, {8}, huge), 8, 1), kModelInvalid, "64 bits");
  CHECK_ERROR(MappedTensor(tensor(file, {8}, huge - 64), 8, 1), kFileUnreadable, "is cut");
  CHECK_ERROR(MappedTensor(tensor(file, {huge, 4}), huge, 4), kModelInvalid, "64 bits");
  CHECK_ERROR(MappedTensor(tensor(file, {huge / 2, 1}), huge / 2, 1), kModelInvalid, "64 bits");
  CHECK_ERROR(MappedTensor(tensor(file, {2, 4}), 4, 4), kModelInvalid, "must not be 2x4");
  CHECK_ERROR(MappedTensor(tensor(file, {0, 4}), 0, 4), kModelInvalid, "empty");
  TensorSpec spec = tensor(file, {2, 4});
  spec.rows = {1, 1, 1, 2};
  CHECK_ERROR(MappedTensor(spec, 2, 4), kModelInvalid, "ends at row 3 of 2");
  spec.rows = {huge, 1, huge, 2};
  CHECK_ERROR(MappedTensor(spec, 2, 4), kModelInvalid, "64 bits");
  spec.rows = {0, 1, 1, 1};
  CHECK_ERROR(MappedTensor(spec, 2, 4), kModelInvalid, "its view has 1 rows, not 2");
  spec = tensor(file, {2, 4});
  spec.transposed = true;
  CHECK_ERROR(MappedTensor(spec, 2, 4), kModelInvalid, "must not be 2x4");
  CHECK_ERROR(MappedTensor(tensor("/dev/null", {8}), 8, 1), kFileUnreadable, "is cut");
  CHECK_ERROR(MappedTensor(tensor(folder.file(""), {8}), 8, 1), kFileUnreadable, "");
}

void finds_what_is_not_finite(const fixture::TemporaryFolder& folder) {
  std::vector<float> values = counting(8);
  values[6] = NAN;
  const MappedTensor matrix(tensor(folder.write("nan", values.data(), 32), {4, 2}), 4, 2);
  float row[2];
  matrix.read_row(2, row);
  CHECK(row[1] == 5);
  CHECK_ERROR(matrix.read_row(3, row), kWeightNotFinite, "tensor layers.0.q in ");
  const uint16_t infinite = 0x7c00;
  TensorSpec half = tensor(folder.write("inf", &infinite, 2), {1});
  half.dtype = DType::f16;
  CHECK_ERROR(MappedTensor(half, 1, 1).read_all(), kWeightNotFinite, "row 0");
}

void notices_a_file_that_shrank(const fixture::TemporaryFolder& folder) {
  const std::vector<float> values = counting(8);
  const std::string file = folder.write("shrinks", values.data(), 32);
  const MappedTensor matrix(tensor(file, {8}), 8, 1);
  matrix.check_not_truncated();
  std::filesystem::resize_file(file, 16);
  CHECK_ERROR(matrix.check_not_truncated(), kFileUnreadable, "is cut");
  float value;
  matrix.read_row(3, &value);
  CHECK(value == 3);
  CHECK_ERROR(matrix.read_row(4, &value), kFileUnreadable, "ends at byte 32, the file at 16");
  CHECK_ERROR(matrix.read_all(), kFileUnreadable, "is cut");
}

// However many tensors a file has: one descriptor, and the one that ends last decides.
void mapped_files_are_checked(const fixture::TemporaryFolder& folder) {
  const std::vector<float> values = counting(8);
  const std::string file = folder.write("files", values.data(), 32);
  MappedFiles files;
  std::vector<std::shared_ptr<MappedTensor>> tensors;
  for (const int64_t first : {0, 4, 2}) {
    tensors.push_back(std::make_shared<MappedTensor>(tensor(file, {4}, first * 4), 4, 1));
    CHECK(static_cast<const float*>(tensors.back()->data())[0] == static_cast<float>(first));
    files.add(tensors.back());
  }
  files.check_not_truncated();
  CHECK(static_cast<const float*>(tensors[0]->data())[3] == 3);
  std::filesystem::resize_file(file, 28);
  CHECK_ERROR(files.check_not_truncated(), kFileUnreadable, "ends at byte 32, the file at 28");
}

}  // namespace

int main() {
  const fixture::TemporaryFolder folder;
  converts_every_half();
  converts_every_byte();
  reads_rows_and_views(folder);
  dequantises(folder);
  refuses(folder);
  finds_what_is_not_finite(folder);
  notices_a_file_that_shrank(folder);
  mapped_files_are_checked(folder);
  return check::exit_code();
}
