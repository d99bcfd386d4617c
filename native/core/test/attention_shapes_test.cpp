// Every kernel that this CPU has against the float64 reference: dimensions, lengths around the tile sizes, head groups,
// minimum distances, and the contents that break careless sums.
#include <cstdlib>

#include "attention_fixture.h"

namespace {

using namespace fixture;

constexpr int64_t kDims[] = {16, 32, 64, 80, 96, 128, 192, 256};

// The distinct values among 0, 1, L/4, L - 1 and something beyond L.
std::vector<int64_t> distances(int64_t length) {
  std::vector<int64_t> ks;
  for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7}) {
    bool seen = false;
    for (int64_t other : ks) seen = seen || other == k;
    if (!seen) ks.push_back(k);
  }
  return ks;
}

void test_shape(const Shape& shape, Content content, int64_t k) {
  Table exact(shape, content, 5), rounded = exact;
  const std::string name = "content " + std::to_string(static_cast<int>(content)) + " L " +
                           std::to_string(shape.length) + " H " + std::to_string(shape.heads) + "/" +
                           std::to_string(shape.kv_heads) + " d " + std::to_string(shape.dim) + " k " +
                           std::to_string(k);
  AttentionOptions options;
  options.token_far = true;
  options.threads = shape.length < 500 ? 1 : 2;  // hundreds of tiny windows: waking threads would be most of the time
  AttentionProblem p = problem_of(shape, exact, k), bf16 = problem_of(shape, rounded, k);
  round_for_bf16(rounded, bf16);
  Tolerance tolerance;
  // Among thousands of heavy-tailed rows some have logits of hundreds of nats, which float32 knows to 2^-24 of their
  // size.
  if (content == Content::heavy_tailed && shape.length > 1000) tolerance.token = 1e-4;
  const AttentionStats want = attention_stats_reference(p, options);
  for (const std::string& kernel : attention_kernels()) {
    if (kernel == "reference") continue;
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    if (kernel == "avx512bf16") {
      compare(attention_stats(bf16, options), attention_stats_reference(bf16, options), shape.length, Tolerance(),
              kernel + " " + name);
    } else {
      compare(attention_stats(p, options), want, shape.length, tolerance, kernel + " " + name);
    }
  }
}

}  // namespace

int main() {
  for (int64_t dim : kDims)
    for (int64_t length : {1, 2, 63, 64, 65})
      for (int64_t k : distances(length)) {
        test_shape({length, 2, 2, dim}, Content::randn, k);
        test_shape({length, 3, 1, dim}, Content::randn, k);
        test_shape({length, 8, 1, dim}, Content::randn, k);
      }
  for (int64_t dim : kDims)
    for (Content content : kContents) test_shape({1000, 1, 1, dim}, content, 250);
  for (int64_t k : distances(1000)) test_shape({1000, 3, 1, 64}, Content::heavy_tailed, k);
  test_shape({1000, 8, 1, 80}, Content::strong_sink, 333);
  // The longest at every dimension, taking turns over contents and distances: the float64 reference takes its time.
  const std::vector<int64_t> ks = distances(4097);
  size_t turn = 0;
  for (int64_t dim : kDims) {
    test_shape({4097, 1, 1, dim}, kContents[turn % std::size(kContents)], ks[(turn + 2) % ks.size()]);
    ++turn;
  }
  test_shape({4097, 3, 1, 32}, Content::strong_sink, 1024);
  test_shape({4097, 8, 1, 16}, Content::heavy_tailed, 1024);
  // Odd dimensions, and lengths around row blocks and panels.
  for (int64_t length : {95, 97, 191, 193, 257}) test_shape({length, 2, 1, 37}, Content::randn, length / 3);
  return check::exit_code();
}
