// attend() against the definition, with each of its kernels.
#include "attend_cases.h"
#include "decoder/attend/attend.h"

namespace {

using namespace attend_cases;
using longattn::AttendInput;

void run(const Case& c) {
  const Inputs in = inputs_of(c);
  std::vector<float> out(static_cast<size_t>(c.length * c.heads * c.value_dim));
  attend(in.config, {in.q.data(), in.k.data(), in.v.data(), c.length, c.value_dim, c.near}, {}, out.data());
  check_rows(c, in, out.data());
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
  attend(config, input, {1, nullptr}, one.data());
  attend(config, input, {4, nullptr}, four.data());
  CHECK(one == four);
  const std::atomic<bool> cancel{true};
  CHECK_THROWS(attend(config, input, {2, &cancel}, one.data()), longattn::Cancelled);
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
  attend(config, {q.data(), k.data(), v.data(), 200, 16, 0}, {}, out.data());
  CHECK(std::isfinite(out[99 * 16]) && std::isnan(out[100 * 16]) && std::isnan(out[199 * 16]));
}

}  // namespace

int main() {
  for (const char* kernel : {"portable", "avx2", "avx512"}) {
    setenv("LONGATTN_CPU_KERNEL", kernel, 1);
    for_each_case({1, 2, 6, 7, 64, 65, 97, 300}, run);
    threads_and_cancellation();
    nan_stays();
  }
  return check::exit_code();
}
