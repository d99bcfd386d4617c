// Rows and maps, kernel by kernel, against a matrix made here in float64: shapes, masks, ragged blocks, means, threads.
#include "attention_maps.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "attention_fixture.h"

namespace {

using namespace fixture;

const float kSlopes[] = {0.5f, 0.1f, 0.01f, 0.2f, 0.05f, 0.3f};
const float kSinkLogits[] = {1.0f, -2.0f, 3.0f, 0.0f, 0.5f, 30.0f};

struct Variant {
  const char* name;
  void (*apply)(AttentionProblem&);
};

const Variant kVariants[] = {
    {"plain", [](AttentionProblem&) {}},
    {"softcap", [](AttentionProblem& p) { p.softcap = 5; }},
    {"sliding 50", [](AttentionProblem& p) { p.sliding_window = 50; }},
    {"sliding 1", [](AttentionProblem& p) { p.sliding_window = 1; }},
    {"alibi", [](AttentionProblem& p) { p.alibi_slopes = kSlopes; }},
    {"sink logits", [](AttentionProblem& p) { p.sink_logits = kSinkLogits; }},
    {"all",
     [](AttentionProblem& p) {
       p.softcap = 20;
       p.sliding_window = 130;
       p.alibi_slopes = kSlopes;
       p.sink_logits = kSinkLogits;
     }},
};

using Matrix = std::vector<std::vector<double>>;  // [L][L], zero where masked

Matrix matrix_of(const AttentionProblem& p, const Table& table, int64_t head) {
  const int64_t kv = head / (p.heads / p.kv_heads);
  Matrix m(p.length, std::vector<double>(p.length));
  for (int64_t n = 0; n < p.length; ++n) {
    const float* q = &table.q[(head * p.length + n) * p.dim];
    double sum = p.sink_logits == nullptr ? 0 : std::exp(static_cast<double>(p.sink_logits[head]));
    for (int64_t i = 0; i <= n; ++i) {
      if (p.sliding_window > 0 && n - i >= p.sliding_window) continue;
      const float* k = &table.k[(kv * p.length + i) * p.dim];
      double x = 0;
      for (int64_t j = 0; j < p.dim; ++j) x += static_cast<double>(q[j]) * k[j];
      x *= p.scale;
      if (p.softcap > 0) x = p.softcap * std::tanh(x / p.softcap);
      if (p.alibi_slopes != nullptr) x -= static_cast<double>(p.alibi_slopes[head]) * static_cast<double>(n - i);
      sum += m[n][i] = std::exp(x);
    }
    for (double& entry : m[n]) entry /= sum;
  }
  return m;
}

int64_t edge(int64_t length, int64_t blocks, int64_t j) {
  return j * length / blocks;
}

std::vector<double> pooled(const Matrix& m, int64_t blocks) {
  const auto length = static_cast<int64_t>(m.size());
  std::vector<double> cells;
  for (int64_t i = 0; i < blocks; ++i)
    for (int64_t j = 0; j < blocks; ++j) {
      double sum = 0;
      const int64_t top = edge(length, blocks, i), bottom = edge(length, blocks, i + 1);
      const int64_t left = edge(length, blocks, j), right = edge(length, blocks, j + 1);
      for (int64_t n = top; n < bottom; ++n)
        for (int64_t c = left; c < right; ++c) sum += m[n][c];
      cells.push_back(sum / static_cast<double>((bottom - top) * (right - left)));
    }
  return cells;
}

MapOptions options_of(const std::vector<int64_t>& heads, int threads = 2, bool mean = false) {
  MapOptions options;
  options.heads = heads;
  options.threads = threads;
  options.mean = mean;
  return options;
}

std::vector<int64_t> all_heads(const Shape& shape) {
  std::vector<int64_t> heads;
  for (int64_t h = 0; h < shape.heads; ++h) heads.push_back(h);
  return heads;
}

// A cell may be one entry, whose logit (up to 200 in base 2 here) float32 knows to 2^-24 of itself, product by product.
constexpr double kCell = 5e-5;

void compare_map(const std::vector<float>& map, const Matrix& m, int64_t blocks, const std::string& name) {
  const std::vector<double> want = pooled(m, blocks);
  const auto length = static_cast<int64_t>(m.size());
  CHECK_MESSAGE(map.size() == want.size(), name);
  for (size_t c = 0; c < want.size() && c < map.size(); ++c) {
    if (check::close(map[c], want[c], kCell, 1e-9)) continue;
    CHECK_MESSAGE(false, name + " cell " + std::to_string(c) + ": " + std::to_string(map[c]) + " is not " +
                             std::to_string(want[c]));
  }
  for (int64_t i = 0; i < blocks; ++i) {
    double sum = 0, above = 0, want_sum = 0;
    for (int64_t j = 0; j < blocks; ++j) {
      sum += map[i * blocks + j] * static_cast<double>(edge(length, blocks, j + 1) - edge(length, blocks, j));
      want_sum += want[i * blocks + j] * static_cast<double>(edge(length, blocks, j + 1) - edge(length, blocks, j));
      if (j > i) above += map[i * blocks + j];
    }
    CHECK_MESSAGE(above == 0, name + " is causal in row " + std::to_string(i));
    CHECK_MESSAGE(check::close(sum, want_sum, 0, 1e-6),
                  name + " row " + std::to_string(i) + " sums to " + std::to_string(sum));
  }
}

void test_maps(const std::string& kernel, const Shape& shape, Content content, const Variant& variant) {
  Table table(shape, content, 41);
  AttentionProblem p = problem_of(shape, table, 0);
  variant.apply(p);
  if (kernel == "avx512bf16") round_for_bf16(table, p);
  std::vector<Matrix> want;
  for (int64_t h = 0; h < shape.heads; ++h) want.push_back(matrix_of(p, table, h));
  for (int64_t blocks : {int64_t{1}, int64_t{7}, int64_t{32}, int64_t{256}, shape.length}) {
    if (blocks > shape.length || blocks > kMaxMapBlocks) continue;
    const auto maps = attention_map(p, blocks, options_of(all_heads(shape)));
    CHECK(static_cast<int64_t>(maps.size()) == shape.heads);
    for (int64_t h = 0; h < shape.heads; ++h)
      compare_map(maps[h], want[h], blocks,
                  kernel + " " + variant.name + " content " + std::to_string(static_cast<int>(content)) + " L " +
                      std::to_string(shape.length) + " B " + std::to_string(blocks) + " head " + std::to_string(h));
  }
}

// The blocks of a row, weighted by their widths, add up to 1, or to less by the share of a sink logit.
void test_row_sums(const std::string& kernel) {
  const Shape shape = {333, 6, 2, 32};
  Table table(shape, Content::randn, 48);
  AttentionProblem p = problem_of(shape, table, 0);
  const auto row_sum = [&](const std::vector<float>& map, int64_t i) {
    double sum = 0;
    for (int64_t j = 0; j < 10; ++j)
      sum += map[i * 10 + j] * static_cast<double>(edge(shape.length, 10, j + 1) - edge(shape.length, 10, j));
    return sum;
  };
  for (const auto& map : attention_map(p, 10, options_of(all_heads(shape))))
    for (int64_t i = 0; i < 10; ++i) CHECK_MESSAGE(check::close(row_sum(map, i), 1, 0, 1e-6), kernel);
  p.sink_logits = kSinkLogits;
  const auto maps = attention_map(p, 10, options_of(all_heads(shape)));
  for (int64_t i = 0; i < 10; ++i) {
    CHECK_MESSAGE(row_sum(maps[0], i) < 0.999 && row_sum(maps[0], i) > 0.5, kernel);
    CHECK_MESSAGE(row_sum(maps[5], i) < 1e-3, kernel + ": the sink logit of 30 takes nearly all");
  }
}

void test_heads_and_mean(const std::string& kernel) {
  const Shape shape = {230, 6, 2, 32};
  Table table(shape, Content::heavy_tailed, 42);
  const AttentionProblem p = problem_of(shape, table, 0);
  const auto all = attention_map(p, 9, options_of(all_heads(shape)));
  const auto some = attention_map(p, 9, options_of({1, 4, 5}));
  CHECK_MESSAGE(some.size() == 3 && some[0] == all[1] && some[1] == all[4] && some[2] == all[5], kernel);
  Matrix mean = matrix_of(p, table, 1);
  const Matrix four = matrix_of(p, table, 4);
  for (size_t n = 0; n < mean.size(); ++n)
    for (size_t i = 0; i < mean.size(); ++i) mean[n][i] = (mean[n][i] + four[n][i]) / 2;
  if (kernel == "avx512bf16") return;  // rounds the products of this table
  const auto both = attention_map(p, 9, options_of({1, 4}, 2, true));
  CHECK_MESSAGE(both.size() == 1, kernel);
  compare_map(both[0], mean, 9, kernel + " mean");
}

void test_bits(const std::string& kernel) {
  const Shape shape = {1100, 6, 2, 64};
  Table table(shape, Content::heavy_tailed, 43);
  const AttentionProblem p = problem_of(shape, table, 0);
  for (int64_t blocks : {3, 100})
    for (bool mean : {false, true}) {
      const auto one = attention_map(p, blocks, options_of({0, 2, 3, 5}, 1, mean));
      for (int threads : {2, 3, 7})
        CHECK_MESSAGE(one == attention_map(p, blocks, options_of({0, 2, 3, 5}, threads, mean)),
                      kernel + " with " + std::to_string(threads) + " threads");
    }
}

// A late key that outweighs all before it by 2^150: past what float32 holds beside the first shift.
void test_overflowing_sums(const std::string& kernel) {
  const Shape shape = {700, 2, 1, 32};
  Table table(shape, Content::randn, 44);
  for (int64_t row : {200, 431, 690})
    for (int64_t j = 0; j < shape.dim; ++j) table.k[row * shape.dim + j] = row % 2 ? 20.0f : 30.0f;
  for (float& x : table.q) x = std::fabs(x) + 0.25f;
  AttentionProblem p = problem_of(shape, table, 0);
  if (kernel == "avx512bf16") round_for_bf16(table, p);
  const auto maps = attention_map(p, 20, options_of({0, 1}));
  for (int64_t h = 0; h < 2; ++h)
    compare_map(maps[h], matrix_of(p, table, h), 20, kernel + " overflow head " + std::to_string(h));
}

template <typename Call>
int64_t bad_head(const Call& call) {
  try {
    call();
  } catch (const NotFinite& error) {
    return error.head;
  }
  return -1;
}

void test_errors(const std::string& kernel) {
  const Shape shape = {300, 6, 2, 32};
  Table table(shape, Content::randn, 45);
  const auto map = [&](const std::vector<int64_t>& heads, int64_t blocks) {
    return attention_map(problem_of(shape, table, 0), blocks, options_of(heads));
  };
  CHECK_THROWS(map({}, 8), std::invalid_argument);
  CHECK_THROWS(map({6}, 8), std::invalid_argument);
  CHECK_THROWS(map({-1}, 8), std::invalid_argument);
  CHECK_THROWS(map({1, 1}, 8), std::invalid_argument);
  CHECK_THROWS(map({2, 1}, 8), std::invalid_argument);
  CHECK_THROWS(map({0}, 0), std::invalid_argument);
  CHECK_THROWS(map({0}, 301), std::invalid_argument);
  CHECK(map({0}, 300).size() == 1);
  const std::atomic<bool> cancel{true};
  MapOptions cancelled = options_of({0});
  cancelled.cancel = &cancel;
  CHECK_THROWS(attention_map(problem_of(shape, table, 0), 8, cancelled), Cancelled);

  Table in_query = table, in_key = table, huge = table;
  in_query.q[(4 * shape.length + 123) * shape.dim + 7] = std::numeric_limits<float>::quiet_NaN();
  in_key.k[(1 * shape.length + 299) * shape.dim] = -std::numeric_limits<float>::infinity();
  for (float& x : huge.q) x *= 1e25f;
  for (float& x : huge.k) x *= 1e25f;
  const auto bad = [&](Table& t, const std::vector<int64_t>& heads) {
    return bad_head([&] { attention_map(problem_of(shape, t, 0), 8, options_of(heads)); });
  };
  CHECK_MESSAGE(bad(in_query, {0, 3, 4, 5}) == 4, kernel);
  CHECK_MESSAGE(bad(in_query, {0, 3, 5}) == -1, kernel + " looks at the chosen heads only");
  CHECK_MESSAGE(bad(in_key, {1, 4, 5}) == 4, kernel);
  if (kernel != "reference") CHECK_MESSAGE(bad(huge, {2, 4}) == 2, kernel + " overflow of a product");
  // One product only, in the middle of the window, to either side.
  for (float sign : {1.0f, -1.0f}) {
    Table one = table;
    for (int64_t j = 0; j < 2; ++j) {
      for (int64_t row = 0; row < 3 * shape.length; ++row) one.q[row * shape.dim + j] = 0;
      one.q[(2 * shape.length + 280) * shape.dim + j] = 1e20f;
      one.k[(0 * shape.length + 100) * shape.dim + j] = sign * 1e30f;
    }
    if (kernel != "reference") CHECK_MESSAGE(bad(one, {0, 2}) == 2, kernel + " overflow of one product");
  }
}

void test_rows(const Shape& shape, Content content, const Variant& variant) {
  Table table(shape, content, 46);
  AttentionProblem p = problem_of(shape, table, 0);
  variant.apply(p);
  std::vector<int64_t> rows;
  for (int64_t n : {shape.length - 1, int64_t{0}, shape.length / 3, shape.length / 2})
    if (std::find(rows.begin(), rows.end(), n) == rows.end()) rows.push_back(n);
  const auto found = attention_rows(p, rows, options_of(all_heads(shape)));
  const auto mean = attention_rows(p, rows, options_of(all_heads(shape), 2, true));
  CHECK(found.size() == static_cast<size_t>(shape.heads) && mean.size() == 1);
  std::vector<Matrix> want;
  for (int64_t h = 0; h < shape.heads; ++h) want.push_back(matrix_of(p, table, h));
  for (size_t r = 0; r < rows.size(); ++r) {
    const int64_t n = rows[r];
    for (int64_t h = 0; h < shape.heads; ++h) CHECK(static_cast<int64_t>(found[h][r].size()) == n + 1);
    for (int64_t i = 0; i <= n; ++i) {
      double sum = 0;
      for (int64_t h = 0; h < shape.heads; ++h) {
        // Rounded to float32 once.
        CHECK_MESSAGE(check::close(found[h][r][i], want[h][n][i], 1e-7, 1e-44), std::string("row ") + variant.name);
        sum += want[h][n][i];
      }
      CHECK(check::close(mean[0][r][i], sum / static_cast<double>(shape.heads), 1e-7, 1e-44));
    }
  }
  for (int threads : {1, 3}) {
    CHECK(attention_rows(p, rows, options_of(all_heads(shape), threads)) == found);
    CHECK(attention_rows(p, rows, options_of(all_heads(shape), threads, true)) == mean);
  }
}

void test_row_errors() {
  const Shape shape = {50, 6, 2, 8};
  Table table(shape, Content::randn, 47);
  const auto rows = [&](const std::vector<int64_t>& which, const std::vector<int64_t>& heads) {
    return attention_rows(problem_of(shape, table, 0), which, options_of(heads));
  };
  CHECK_THROWS(rows({50}, {0}), std::invalid_argument);
  CHECK_THROWS(rows({-1}, {0}), std::invalid_argument);
  CHECK_THROWS(rows({0}, {6}), std::invalid_argument);
  CHECK_THROWS(rows({0}, {}), std::invalid_argument);
  CHECK(rows({}, {0, 5}).size() == 2 && rows({}, {0, 5})[1].empty());
  const std::atomic<bool> cancel{true};
  MapOptions cancelled = options_of({0});
  cancelled.cancel = &cancel;
  CHECK_THROWS(attention_rows(problem_of(shape, table, 0), {3}, cancelled), Cancelled);
  table.k[(1 * shape.length + 20) * shape.dim] = std::numeric_limits<float>::infinity();
  CHECK(bad_head([&] { rows({40}, {1, 4, 5}); }) == 4);
  CHECK(bad_head([&] { rows({19}, {1, 4, 5}); }) == -1);  // sees no key that is bad
  table.q[(0 * shape.length + 7) * shape.dim] = std::numeric_limits<float>::quiet_NaN();
  CHECK(bad_head([&] { rows({6, 7}, {0}); }) == 0);
}

}  // namespace

int main() {
  for (const std::string& kernel : attention_kernels()) {
    setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
    for (const Variant& variant : kVariants)
      for (int64_t length : {1, 2, 65, 300, 401}) test_maps(kernel, {length, 3, 1, 48}, Content::randn, variant);
    for (Content content : kContents) test_maps(kernel, {450, 4, 2, 37}, content, kVariants[0]);
    test_row_sums(kernel);
    test_heads_and_mean(kernel);
    test_bits(kernel);
    test_errors(kernel);
    if (kernel != "reference") test_overflowing_sums(kernel);
  }
  unsetenv("LONGATTN_CPU_KERNEL");
  for (const Variant& variant : kVariants)
    for (int64_t length : {1, 2, 130}) test_rows({length, 6, 2, 24}, Content::randn, variant);
  test_rows({900, 2, 1, 64}, Content::heavy_tailed, kVariants[0]);
  test_row_errors();
  return check::exit_code();
}
