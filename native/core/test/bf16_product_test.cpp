// The bf16 products, by AMX tiles and by float32's: right against float64 of the rounded numbers, and the same bits
// whatever shares the batch, on any number of threads.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "attention_stats.h"
#include "bf16.h"
#include "check.h"
#include "decoder/bf16/product.h"
#include "projection/matrix_product.h"
#include "simd/cpu_features.h"
#include "simd/cpu_kernel.h"

using namespace longattn;

namespace {

struct Problem {
  int64_t inputs, outputs, count;
  std::vector<float> x, bias;
  std::vector<uint16_t> weight;
};

float widen(uint32_t bf16) {
  const uint32_t bits = bf16 << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Problem random_problem(int64_t inputs, int64_t outputs, int64_t count) {
  std::mt19937 engine(static_cast<unsigned>(inputs + 7 * outputs));
  std::normal_distribution<float> normal;
  Problem problem{inputs, outputs, count, {}, {}, {}};
  for (int64_t i = 0; i < count * inputs; ++i) problem.x.push_back(normal(engine));
  for (int64_t i = 0; i < outputs; ++i) problem.bias.push_back(normal(engine));
  for (int64_t i = 0; i < outputs * inputs; ++i)
    problem.weight.push_back(static_cast<uint16_t>(bf16_of(normal(engine))));
  return problem;
}

using Multiply = void (*)(const Problem& p, const float* bias, const float* x, int64_t count, int threads,
                          const std::atomic<bool>* cancel, float* out);

void by_tiles(const Problem& p, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, float* out) {
  bf16::Scratch scratch;
  bf16::multiply({p.weight.data(), p.outputs, p.inputs}, bias, x, count, threads, cancel, scratch, out);
}

[[maybe_unused]] void by_floats(const Problem& p, const float* bias, const float* x, int64_t count, int threads,
                                const std::atomic<bool>* cancel, float* out) {
  attention::KeptBuffer<float> rounded;
  projection::multiply({p.weight.data(), projection::Stored::bf16, p.outputs, p.inputs}, bias, x, count, threads,
                       cancel, rounded, out);
}

// Rows first .. first + count - 1.
std::vector<float> product(Multiply multiply, const Problem& p, int64_t first, int64_t count, int threads,
                           bool bias = true) {
  std::vector<float> out(static_cast<size_t>(count * p.outputs), std::numeric_limits<float>::quiet_NaN());
  multiply(p, bias ? p.bias.data() : nullptr, p.x.data() + first * p.inputs, count, threads, nullptr, out.data());
  return out;
}

void is_right(Multiply multiply, int64_t inputs, int64_t outputs, int64_t count) {
  const Problem p = random_problem(inputs, outputs, count);
  const std::string where = std::to_string(count) + " x " + std::to_string(inputs) + " -> " + std::to_string(outputs);
  for (const bool bias : {false, true}) {
    const std::vector<float> out = product(multiply, p, 0, count, 2, bias);
    for (int64_t t = 0; t < count; ++t) {
      for (int64_t r = 0; r < outputs; ++r) {
        double sum = bias ? p.bias[r] : 0, size = std::fabs(sum);
        for (int64_t i = 0; i < inputs; ++i) {
          const double term =
              static_cast<double>(widen(bf16_of(p.x[t * inputs + i]))) * widen(p.weight[r * inputs + i]);
          sum += term, size += std::fabs(term);
        }
        CHECK_MESSAGE(check::close(out[t * outputs + r], sum, 0, 1e-6 * size), where);
      }
    }
  }
}

void has_the_same_bits_in_any_batch(Multiply multiply, int64_t inputs, int64_t outputs) {
  const Problem p = random_problem(inputs, outputs, 600);
  const std::vector<float> all = product(multiply, p, 0, 600, 1);
  for (const int threads : {2, 3, 8}) CHECK(product(multiply, p, 0, 600, threads) == all);
  for (const int64_t first : {0, 1, 31, 256, 500}) {
    for (const int64_t count : {1, 31, 32, 33, 100}) {
      const std::vector<float> some = product(multiply, p, first, count, 2);
      CHECK(std::memcmp(some.data(), all.data() + first * outputs, some.size() * sizeof(float)) == 0);
    }
  }
}

// From a larger product to a smaller one and back.
void scratch_is_reused() {
  bf16::Scratch scratch;
  for (const int64_t inputs : {300, 40, 700}) {
    const Problem p = random_problem(inputs, 70, 50);
    std::vector<float> out(50 * 70);
    bf16::multiply({p.weight.data(), 70, inputs}, p.bias.data(), p.x.data(), 50, 2, nullptr, scratch, out.data());
    CHECK(out == product(by_tiles, p, 0, 50, 1));
  }
}

void nan_stays(Multiply multiply) {
  Problem p = random_problem(70, 40, 40);
  p.x[5 * 70 + 69] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> out = product(multiply, p, 0, 40, 1);
  for (int64_t t = 0; t < 40; ++t) CHECK(std::isnan(out[t * 40 + 39]) == (t == 5));
}

void can_be_cancelled(Multiply multiply) {
  const Problem p = random_problem(64, 64, 64);
  const std::atomic<bool> cancel{true};
  std::vector<float> out(64 * 64);
  CHECK_THROWS(multiply(p, nullptr, p.x.data(), 64, 2, &cancel, out.data()), Cancelled);
}

[[maybe_unused]] void an_exact_kernel_rounds_nothing() {
  for (const simd::CpuKernel kernel : simd::usable_cpu_kernels()) {
    if (kernel == simd::CpuKernel::avx512bf16) continue;
    setenv("LONGATTN_CPU_KERNEL", simd::name_of(kernel), 1);
    CHECK(!bf16::has_product());
  }
  unsetenv("LONGATTN_CPU_KERNEL");
}

void holds(Multiply multiply) {
  is_right(multiply, 1, 1, 1);
  is_right(multiply, 33, 31, 3);
  is_right(multiply, 64, 64, 64);
  is_right(multiply, 576, 192, 40);
  is_right(multiply, 1700, 130, 33);  // more than one piece of the inputs
  is_right(multiply, 100, 300, 290);  // more than one task either way
  has_the_same_bits_in_any_batch(multiply, 1600, 72);
  has_the_same_bits_in_any_batch(multiply, 96, 128);
  nan_stays(multiply);
  can_be_cancelled(multiply);
}

}  // namespace

int main() {
#ifdef LONGATTN_EMULATED_AMX
  if (!simd::cpu_has_avx512()) return check::skipped("this CPU has no AVX-512");
#else
  unsetenv("LONGATTN_CPU_KERNEL");
  an_exact_kernel_rounds_nothing();
  for (const simd::CpuKernel kernel : simd::usable_cpu_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", simd::name_of(kernel), 1);
    holds(by_floats);
  }
  unsetenv("LONGATTN_CPU_KERNEL");
  if (!simd::cpu_has_amx_bf16()) {
    std::puts("tiles left to emulated_bf16_product_test: this CPU has no AMX");
    return check::exit_code();
  }
  CHECK(bf16::has_product());
#endif
  holds(by_tiles);
  scratch_is_reused();
  return check::exit_code();
}
