// The projection kernel: right against float64, and the same bits whatever shares the batch, on any number of threads.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "attention_stats.h"
#include "check.h"
#include "checkpoint/float_convert.h"
#include "projection/kernel.h"
#include "projection/matrix_product.h"
#include "projection/packed_matrix.h"
#include "projection/round.h"
#include "simd/cpu_features.h"
#include "simd/cpu_kernel.h"

using namespace longattn;
using projection::PackedMatrix;
using projection::Stored;

namespace {

std::vector<float> randn(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(engine);
  return values;
}

struct Case {
  int64_t inputs;
  std::vector<int64_t> parts;
};

PackedMatrix pack(const Case& one, const std::vector<float>& weights, DType type = DType::f32) {
  return PackedMatrix(type, one.inputs, one.parts, [&](int64_t part, int64_t row, float* out) {
    int64_t first = 0;
    for (int64_t p = 0; p < part; ++p) first += one.parts[p];
    std::memcpy(out, weights.data() + (first + row) * one.inputs, one.inputs * sizeof(float));
  });
}

std::vector<float> product(const PackedMatrix& matrix, int64_t part, const float* x, int64_t count, int threads) {
  const int64_t rows = matrix.rows(part);
  std::vector<float> out(static_cast<size_t>(count * rows));
  matrix.multiply(part, x, count, threads, [&](int64_t t) { return out.data() + t * rows; });
  return out;
}

void is_right(const Case& one) {
  int64_t total = 0;
  for (const int64_t rows : one.parts) total += rows;
  const std::vector<float> weights = randn(total * one.inputs, 1), x = randn(7 * one.inputs, 2);
  const PackedMatrix matrix = pack(one, weights);
  int64_t first = 0;
  for (int64_t part = 0; part < matrix.parts(); first += matrix.rows(part++)) {
    const std::vector<float> out = product(matrix, part, x.data(), 7, 2);
    for (int64_t t = 0; t < 7; ++t) {
      for (int64_t r = 0; r < matrix.rows(part); ++r) {
        double sum = 0, size = 0;
        for (int64_t i = 0; i < one.inputs; ++i) {
          const double term = static_cast<double>(x[t * one.inputs + i]) * weights[(first + r) * one.inputs + i];
          sum += term, size += std::fabs(term);
        }
        CHECK(check::close(out[t * matrix.rows(part) + r], sum, 0, 4e-7 * size));
      }
    }
  }
}

void has_the_same_bits_in_any_batch(const Case& one) {
  const std::vector<float> weights = randn(one.parts[0] * one.inputs, 3), x = randn(200 * one.inputs, 4);
  const PackedMatrix matrix = pack(one, weights);
  const int64_t rows = matrix.rows(0);
  const std::vector<float> all = product(matrix, 0, x.data(), 200, 1);
  for (const int threads : {2, 3, 8}) CHECK(product(matrix, 0, x.data(), 200, threads) == all);
  for (const int64_t first : {0, 1, 5, 47, 48, 150}) {
    for (const int64_t count : {1, 2, 5, 6, 7, 48, 49, 50}) {
      const std::vector<float> some = product(matrix, 0, x.data() + first * one.inputs, count, 2);
      CHECK(std::memcmp(some.data(), all.data() + first * rows, some.size() * sizeof(float)) == 0);
    }
  }
}

// A matrix kept in 16 bits gives the bits of the same numbers in float32.
void keeps_the_type_of_the_checkpoint(const Case& one, DType type) {
  std::vector<float> weights = randn(one.parts[0] * one.inputs, 10);
  std::vector<unsigned char> narrow(weights.size() * 2);
  from_float32(type, weights.data(), static_cast<int64_t>(weights.size()), narrow.data());
  to_float32(type, narrow.data(), static_cast<int64_t>(weights.size()), weights.data());
  const std::vector<float> x = randn(100 * one.inputs, 11);
  const std::vector<float> want = product(pack(one, weights), 0, x.data(), 100, 1);
  for (const int threads : {1, 3}) CHECK(product(pack(one, weights, type), 0, x.data(), 100, threads) == want);
}

// tile.h's order of the sums, written out.
float chain(const float* x, const float* panel, int64_t inputs) {
  float sum = 0;
  for (int64_t first = 0; first < inputs; first += projection::kInputBlock) {
    float part = 0;
    for (int64_t i = first; i < std::min(first + projection::kInputBlock, inputs); ++i)
      part = std::fma(x[i], panel[i * projection::kPanel], part);
    sum += part;
  }
  return sum;
}

// What lets scores move between machines: every vector tile has the bits of one chain of fused multiply-adds.
void vector_tiles_agree() {
  constexpr int64_t inputs = 700, rows = 13;
  const std::vector<float> x = randn(rows * inputs, 5);
  const auto panel = attention::make_aligned<float>(inputs * projection::kPanel);
  const std::vector<float> weights = randn(inputs * projection::kPanel, 6);
  std::memcpy(panel.get(), weights.data(), weights.size() * sizeof(float));
  std::vector<float> want(rows * projection::kPanel);
  for (size_t i = 0; i < want.size(); ++i)
    want[i] = chain(&x[i / projection::kPanel * inputs], &panel[i % projection::kPanel], inputs);
  const auto by = [&](projection::Tile tile) {
    constexpr int64_t stride = projection::kPanel + 3;
    std::vector<float> apart(rows * stride), out;
    tile(x.data(), inputs, rows, panel.get(), inputs, apart.data(), stride);
    for (int64_t r = 0; r < rows; ++r)
      out.insert(out.end(), &apart[r * stride], &apart[r * stride] + projection::kPanel);
    return out;
  };
#if defined(__x86_64__)
  if (simd::cpu_has_avx2_fma()) CHECK(by(projection::tile_avx2) == want);
  if (simd::cpu_has_avx512()) CHECK(by(projection::tile_avx512) == want);
#elif defined(__aarch64__)
  CHECK(by(projection::tile_neon) == want);
#endif
  const std::vector<float> portable = by(projection::tile_portable);
  for (size_t i = 0; i < want.size(); ++i) CHECK(check::close(portable[i], want[i], 0, 1e-4));
}

// The product that packs as it goes: the bits of the packed matrix plus the bias, on any number of threads.
void packs_as_it_goes(int64_t inputs, int64_t outputs, int64_t count) {
  const std::vector<float> weights = randn(outputs * inputs, 7), x = randn(count * inputs, 8), bias = randn(outputs, 9);
  const PackedMatrix matrix = pack({inputs, {outputs}}, weights);
  std::vector<float> want = product(matrix, 0, x.data(), count, 1);
  const projection::Matrix weight{weights.data(), Stored::f32, outputs, inputs};
  attention::KeptBuffer<float> rounded;
  for (const int threads : {1, 2, 5}) {
    std::vector<float> out(want.size());
    projection::multiply(weight, nullptr, x.data(), count, threads, nullptr, rounded, out.data());
    CHECK(out == want);
  }
  for (size_t i = 0; i < want.size(); ++i) want[i] += bias[i % outputs];
  std::vector<float> out(want.size());
  projection::multiply(weight, bias.data(), x.data(), count, 2, nullptr, rounded, out.data());
  CHECK(out == want);
}

struct Narrow {
  DType dtype;
  Stored type;
  int bits;  // significant ones
};
constexpr Narrow kNarrow[] = {{DType::bf16, Stored::bf16, 8}, {DType::f16, Stored::f16, 11}};

// All numbers of a narrow type, Inf and NaN among them, in panels that are not full.
void packs_every_number(projection::Pack pack) {
  constexpr int64_t inputs = 1024 + 3, rows = 64 - 3;
  std::vector<uint16_t> narrow(inputs * rows);
  for (size_t i = 0; i < narrow.size(); ++i) narrow[i] = static_cast<uint16_t>(i * 3);
  const auto panel = attention::make_aligned<float>(inputs * projection::kPanel);
  for (const auto& [dtype, type, bits] : kNarrow) {
    std::vector<float> wide(narrow.size());
    to_float32(dtype, narrow.data(), static_cast<int64_t>(narrow.size()), wide.data());
    pack(type, narrow.data(), inputs, rows, inputs, panel.get());
    for (int64_t r = 0; r < projection::kPanel; ++r) {
      for (int64_t i = 0; i < inputs; ++i) {
        const float want = r < rows ? wide[r * inputs + i] : 0;
        CHECK(std::memcmp(&want, &panel[i * projection::kPanel + r], sizeof want) == 0);
      }
    }
  }
}

// To nearest, ties to even, with so many significant bits: in float64, where nothing else rounds.
float with_bits(float x, int bits) {
  if (x == 0 || !std::isfinite(x)) return x;
  int exponent;
  std::frexp(x, &exponent);
  exponent = std::max(exponent, -125) - bits;  // subnormals have the step of the smallest normal
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(static_cast<double>(x), -exponent)), exponent));
}

void rounding_is_to_nearest() {
  std::vector<float> x = randn(1000, 12);
  for (const float value : {1e-3F, 1.0F, 3e38F}) {
    for (int step = 0; step < 64; ++step) x.push_back(value * (1 + static_cast<float>(step) * 0x1p-14F));
  }
  for (const float value : {0.0F, -0.0F, 1e-40F, 65519.0F, 65520.0F, 70000.0F, -3.3e38F, 3.4e38F, INFINITY, -INFINITY})
    x.push_back(value);
  x.push_back(std::nanf(""));
  for (const uint32_t nan : {0x7fffffffu, 0xffffffffu, 0x7f800001u}) x.push_back(std::bit_cast<float>(nan));
  for (const auto& [dtype, type, bits] : kNarrow) {
    std::vector<float> out(x.size());
    projection::round_to(type, x.data(), static_cast<int64_t>(x.size()), out.data());
    for (size_t i = 0; i < x.size(); ++i) {
      CHECK(std::isnan(x[i]) ? std::isnan(out[i]) : out[i] == with_bits(x[i], bits));
    }
  }
}

// Weights of 16 bits: the bits of the same numbers in float32, by x with as many.
void rounds_to_the_type_of_the_weights(const Narrow& narrow_type, int64_t inputs, int64_t outputs, int64_t count) {
  const auto& [dtype, type, bits] = narrow_type;
  std::vector<float> weights = randn(outputs * inputs, 13);
  const std::vector<float> x = randn(count * inputs, 14), bias = randn(outputs, 15);
  std::vector<uint16_t> narrow(weights.size());
  from_float32(dtype, weights.data(), static_cast<int64_t>(weights.size()), narrow.data());
  to_float32(dtype, narrow.data(), static_cast<int64_t>(weights.size()), weights.data());
  std::vector<float> few = x;
  for (float& value : few) value = with_bits(value, bits);
  attention::KeptBuffer<float> rounded;
  std::vector<float> want(static_cast<size_t>(count * outputs));
  projection::multiply({weights.data(), Stored::f32, outputs, inputs}, bias.data(), few.data(), count, 1, nullptr,
                       rounded, want.data());
  for (const int threads : {1, 2, 5}) {
    std::vector<float> out(want.size());
    projection::multiply({narrow.data(), type, outputs, inputs}, bias.data(), x.data(), count, threads, nullptr,
                         rounded, out.data());
    CHECK(out == want);
  }
}

void kernels_can_be_forced() {
  for (const simd::CpuKernel kernel : simd::usable_cpu_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", simd::name_of(kernel), 1);
    for (const int64_t outputs : {1, 63, 64, 130}) packs_as_it_goes(131, outputs, 7);
    packs_as_it_goes(8, 72, 50);
    for (const Narrow& type : kNarrow) rounds_to_the_type_of_the_weights(type, 131, 70, 7);
  }
  unsetenv("LONGATTN_CPU_KERNEL");
}

void can_be_cancelled() {
  const std::vector<float> weights(64 * 16), x(100 * 16);
  std::vector<float> out(100 * 64);
  const std::atomic<bool> cancel{true};
  attention::KeptBuffer<float> rounded;
  bool thrown = false;
  try {
    projection::multiply({weights.data(), Stored::f32, 64, 16}, nullptr, x.data(), 100, 2, &cancel, rounded,
                         out.data());
  } catch (const Cancelled&) {
    thrown = true;
  }
  CHECK(thrown);
}

}  // namespace

int main() {
  for (const Case& one : {Case{1, {1}}, Case{5, {3, 64, 65}}, Case{576, {256, 256}}, Case{300, {130, 2}}})
    is_right(one);
  for (const Case& one : {Case{576, {256}}, Case{257, {70}}, Case{64, {48}}}) has_the_same_bits_in_any_batch(one);
  for (const DType type : {DType::f16, DType::bf16}) keeps_the_type_of_the_checkpoint({300, {200}}, type);
  vector_tiles_agree();
  for (const int64_t count : {1, 4, 48, 100}) packs_as_it_goes(576, 192, count);
  packs_as_it_goes(40, 700, 200);  // several tasks either way
  packs_as_it_goes(1, 1, 1);
  packs_as_it_goes(40000, 70, 3);  // a panel beyond the scratch
  packs_every_number(projection::pack_portable);
#if defined(__x86_64__)
  if (simd::cpu_has_avx2_fma()) packs_every_number(projection::pack_avx2);
#endif
  rounding_is_to_nearest();
  for (const Narrow& type : kNarrow) {
    rounds_to_the_type_of_the_weights(type, 1, 1, 1);
    rounds_to_the_type_of_the_weights(type, 576, 192, 100);
    rounds_to_the_type_of_the_weights(type, 300, 700, 290);  // several tasks either way
    rounds_to_the_type_of_the_weights(type, 40000, 70, 3);   // a panel beyond the scratch
    rounds_to_the_type_of_the_weights(type, 40, 700, 1600);  // by one thread: rows are rounded as they come
  }
  kernels_can_be_forced();
  can_be_cancelled();
  return check::exit_code();
}
