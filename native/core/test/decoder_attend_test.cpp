// attend_bf16() against the definition: its error is held to twice that of plain bf16. (In float32 attention is
// attention_values_test.cpp's.)
#include "bf16.h"
#include "decoder/attend/attend_bf16.h"
#include "decoder/attend/attend_tensors.h"
#include "simd/cpu_features.h"

// After torch, whose CHECK it replaces.
#include "attend_cases.h"

namespace {

using namespace attend_cases;
using longattn::AttendInput;

float rounded(float value) {
  const uint32_t bits = longattn::bf16_of(value) << 16;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Inputs rounded(Inputs in) {
  for (std::vector<float>* values : {&in.q, &in.k, &in.v})
    for (float& value : *values) value = rounded(value);
  return in;
}

// Root of the mean square of what `out` is off, over some rows.
template <typename Out>
double error(const Case& c, const Inputs& in, const Out& out) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t n = 0; n < c.length; n += std::max<int64_t>(1, c.length / 97)) {
    for (int64_t h = 0; h < c.heads; ++h) {
      const auto row = expected_row(c, in.config, in.q.data(), in.k.data(), in.v.data(), n, h);
      for (int64_t j = 0; j < c.value_dim; ++j, ++count) sum += std::pow(out(n, h, j) - row[j], 2);
    }
  }
  return std::sqrt(sum / static_cast<double>(count));
}

// Every mask: plain bf16 is the definition, in float64, of inputs rounded to bf16. Where libtorch has attention in
// bf16, that is held against too.
void run(const Case& c) {
  const Inputs in = inputs_of(c), plain = rounded(in);
  std::vector<float> out(static_cast<size_t>(c.length * c.heads * c.value_dim));
  attend_bf16(in.config, {in.q.data(), in.k.data(), in.v.data(), c.length, c.value_dim, c.near}, {}, out.data());
  const auto at_place = [&](const auto* values) {
    return
        [&c, values](int64_t n, int64_t h, int64_t j) -> double { return values[(n * c.heads + h) * c.value_dim + j]; };
  };
  std::vector<double> of_plain;
  for (int64_t n = 0; n < c.length; ++n)
    for (int64_t h = 0; h < c.heads; ++h)
      for (const double x : expected_row(c, in.config, plain.q.data(), plain.k.data(), plain.v.data(), n, h))
        of_plain.push_back(x);
  const double ours = error(c, in, at_place(out.data())), allowed = 2 * error(c, in, at_place(of_plain.data()));
  const std::string where = std::string(c.name) + ", L = " + std::to_string(c.length) + ": " + std::to_string(ours);
  CHECK_MESSAGE(ours <= allowed + 1e-6, where + " > " + std::to_string(allowed));
  const auto tensor = [&](const std::vector<float>& values, int64_t heads, int64_t width) {
    return at::from_blob(const_cast<float*>(values.data()), {c.length, heads, width}, at::kFloat);
  };
  const longattn::Heads heads{tensor(in.q, c.heads, c.dim), tensor(in.k, c.kv_heads, c.dim),
                              tensor(in.v, c.kv_heads, c.value_dim)};
  if (!longattn::flash_can(in.config, heads, c.near)) return;
  const at::Tensor library = attend_tensors(in.config, heads, c.near, at::kBFloat16, 1 << 20, {});
  const double allowed_library = 2 * error(c, in, at_place(library.const_data_ptr<float>()));
  CHECK_MESSAGE(ours <= allowed_library, where + " > libtorch's " + std::to_string(allowed_library));
}

// Same bits for any number of threads; a cancelled run ends.
void threads_and_cancellation() {
  const Case c{"threads", 700, 6, 3};
  std::mt19937 generator(1);
  const AttentionConfig config = config_of(c);
  const auto q = random(generator, 700 * 6 * 16), k = random(generator, 700 * 3 * 16),
             v = random(generator, 700 * 3 * 16);
  const AttendInput input{q.data(), k.data(), v.data(), 700, 16, 0};
  std::vector<float> one(700 * 6 * 16), four(one.size());
  attend_bf16(config, input, {1, nullptr}, one.data());
  attend_bf16(config, input, {4, nullptr}, four.data());
  CHECK(one == four);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(attend_bf16(config, input, {2, &cancel}, one.data()), longattn::Cancelled);
}

// A NaN is not taken for a masked key.
void nan_stays() {
  const Case c{"nan", 200, 1, 1};
  std::mt19937 generator(2);
  const AttentionConfig config = config_of(c);
  const auto q = random(generator, 200 * 16), v = random(generator, 200 * 16);
  auto k = random(generator, 200 * 16);
  k[100 * 16] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> out(200 * 16);
  attend_bf16(config, {q.data(), k.data(), v.data(), 200, 16, 0}, {}, out.data());
  CHECK(std::isfinite(out[99 * 16]) && std::isnan(out[100 * 16]) && std::isnan(out[199 * 16]));
}

}  // namespace

int main() {
#ifdef LONGATTN_EMULATED_AMX
  const bool able = longattn::simd::cpu_has_avx512();
#else
  const bool able = longattn::simd::cpu_has_amx_bf16();
  if (able) setenv("LONGATTN_CPU_KERNEL", "avx512bf16", 1);
#endif
  if (!able) return check::skipped("this CPU has no AMX tiles of bf16, or no AVX-512 to emulate them");
  for_each_case({1, 2, 6, 7, 64, 65, 97, 300}, run);
  run({"odd widths", 200, 4, 2, 17, 19});
  run({"wide heads", 300, 4, 2, 128, 128});
  threads_and_cancellation();
  nan_stays();
  return check::exit_code();
}
