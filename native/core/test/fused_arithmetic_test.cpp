// The fused kernel's arithmetic at lengths that the emulated machine (fused_kernel_test) would take minutes for: the
// walk over tiles, the sums a lane, their merging and the rows' ends are the kernel's own functions; products, shuffles
// and memory are stood in for. Against the float64 reference.
#include <algorithm>
#include <array>
#include <memory>

#include "attention/segments.h"
#include "attention_fixture.h"
#include "device/fused/layout.h"
#include "device/fused/row_end.h"
#include "device/fused/row_lane.h"
#include "device/fused/walk.h"

namespace {

using namespace fixture;
using namespace longattn::device;
using attention::Segments;

constexpr int kBlockRows = 128, kTileKeys = 64, kColumnTiles = kTileKeys / 8;
constexpr double kLog2E = 1.44269504088896340736;

// Counts of each kind of tile, so that a test knows what it covered.
struct Seen {
  int whole = 0, one_edge = 0, boundary = 0, many = 0;
};

// The Rows of walk_block() for a whole block: four lanes a row.
struct EmulatedRows {
  EmulatedRows(const AttentionProblem& problem, const Table& values, const Segments& cuts, int64_t of_head, int first,
               Seen& count)
      : p(problem), table(values), segments(cuts), head(of_head), first_row(first), seen(count) {
    for (auto& row : workspace) row.fill({kNothing, 0, 0, 0});
  }

  void multiply(int first_key) {
    for (int row = 0; row < kBlockRows; ++row)
      for (int lane = 0; lane < 4; ++lane)
        for (int t = 0; t < kColumnTiles; ++t)
          for (int e = 0; e < 2; ++e)
            acc[row][lane][t][e] = dot(first_row + row, first_key + 8 * t + accumulator_column(lane, e));
  }
  void whole(bool far) {
    ++seen.whole;
    each([&](int row, int lane) { lanes[row][lane].whole(acc[row][lane], 0, scale(), far); });
  }
  void one_edge(int first_key, int low, bool far) {
    ++seen.one_edge;
    each([&](int row, int lane) {
      lanes[row][lane].one_edge(acc[row][lane], 0, place(row, lane, first_key), low, far);
    });
  }
  void boundary(int first_key, int low, bool open_far, bool next_far) {
    ++seen.boundary;
    each([&](int row, int lane) {
      lanes[row][lane].boundary(acc[row][lane], 0, place(row, lane, first_key), low, open_far, next_far,
                                first_key == 0 ? sinks[row].data() : nullptr);
    });
  }
  void many(int first_key) {
    ++seen.many;
    first_key_of_many = first_key;
    const int k = segments.first_far < segments.count ? static_cast<int>(segments.low[segments.first_far])
                                                      : static_cast<int>(p.length);
    each([&](int row, int lane) {
      lanes[row][lane].many(acc[row][lane], 0, place(row, lane, first_key), k,
                            first_key == 0 ? sinks[row].data() : nullptr);
    });
  }
  void part(int segment, int low, int high) {
    add(segment, [&](int row, int lane) {
      return lanes[row][lane].part(acc[row][lane], 0, place(row, lane, first_key_of_many), low, high);
    });
  }
  void close(int segment) {
    add(segment, [&](int row, int lane) { return lanes[row][lane].close(); });
  }
  RowSum end(int row) const {
    const auto& l = lanes[row];
    return merge(merge(l[0].end(), l[1].end()), merge(l[2].end(), l[3].end()));
  }

  template <typename Work>
  void each(const Work& work) {
    for (int row = 0; row < kBlockRows; ++row)
      for (int lane = 0; lane < 4; ++lane) work(row, lane);
  }
  template <typename Part>
  void add(int segment, const Part& part_of) {
    for (int row = 0; row < kBlockRows; ++row) {
      SegmentSum lane[4];
      for (int i = 0; i < 4; ++i) lane[i] = part_of(row, i);
      SegmentSum& to = workspace[segment][row];
      to = merge(to, merge(merge(lane[0], lane[1]), merge(lane[2], lane[3])));
    }
  }
  LaneTile place(int row, int lane, int first_key) const {
    return {first_row + row, first_key + accumulator_column(lane, 0), scale()};
  }
  float scale() const { return static_cast<float>(p.scale * kLog2E); }
  // Zero past the window's end, as the kernel's copies leave it.
  float dot(int64_t row, int64_t key) const {
    if (row >= p.length || key >= p.length) return 0;
    float sum = 0;
    const float* q = &table.q[(head * p.length + row) * p.dim];
    const float* k = &table.k[(head / (p.heads / p.kv_heads) * p.length + key) * p.dim];
    for (int64_t j = 0; j < p.dim; ++j) sum += q[j] * k[j];
    return sum;
  }

  const AttentionProblem& p;
  const Table& table;
  const Segments& segments;
  int64_t head;
  int first_row;
  Seen& seen;
  float acc[kBlockRows][4][kColumnTiles][4] = {};
  RowLane lanes[kBlockRows][4];
  std::array<std::array<SegmentSum, kBlockRows>, attention::kMaxSegments> workspace;
  std::array<std::array<float, kSinkColumns>, kBlockRows> sinks = {};
  int first_key_of_many = 0;
};

void add_row(const EmulatedRows& rows, int row, float sink_logit, HeadStats& stats, float* token_far) {
  const Segments& segments = rows.segments;
  const int n = rows.first_row + row;
  const RowScale scale = row_scale(rows.end(row), sink_logit);
  double far = 0;
  const auto count = [&](int segment, double m, double squares, double* mass_bins, double* square_bins) {
    mass_bins[segments.bin[segment]] += m;
    square_bins[segments.bin[segment]] += squares;
    if (segment < segments.first_far) return;
    far += m;
    stats.far_squares += squares;
  };
  for (int s = 0; s < segments.count && segments.low[s] <= n; ++s) {
    const SegmentSum& sum = rows.workspace[s][row];
    const double factor = scale.factor(sum.shift);
    count(s, sum.mass * factor, sum.squares * factor * factor, stats.mass, stats.squares);
  }
  for (int i = 0; i < kSinkColumns && i <= n; ++i) {
    const double m = scale.factor(rows.sinks[row][i]);
    count(attention::segment_of(segments, n - i), m, m * m, stats.sink_mass, stats.sink_squares);
  }
  stats.far_mass += far;
  stats.entropy += scale.entropy;
  stats.far_peak += scale.peak;
  token_far[n] += static_cast<float>(far);
}

AttentionStats emulate(const AttentionProblem& p, const Table& table, Seen& seen) {
  AttentionStats result;
  result.heads.resize(p.heads);
  result.token_far.resize(p.length);
  const Segments segments = attention::make_segments(p.length, p.k);
  for (int64_t head = 0; head < p.heads; ++head) {
    const float sink = p.sink_logits != nullptr ? static_cast<float>(p.sink_logits[head] * kLog2E) : -HUGE_VALF;
    for (int first = 0; first < p.length; first += kBlockRows) {
      const auto rows = std::make_unique<EmulatedRows>(p, table, segments, head, first, seen);
      const int last = static_cast<int>(std::min<int64_t>(first + kBlockRows, p.length)) - 1;
      walk_block<kTileKeys>(segments, 0, first, last, *rows);
      for (int row = 0; first + row <= last; ++row)
        add_row(*rows, row, sink, result.heads[head], result.token_far.data());
    }
  }
  for (float& far : result.token_far) far /= static_cast<float>(p.heads);
  return result;
}

void test_shape(const Shape& shape, Content content, int64_t k, Seen& seen, float sink_logit = 0) {
  Table table(shape, content, 17);
  AttentionProblem p = problem_of(shape, table, k);
  const std::vector<float> sinks(shape.heads, sink_logit);
  if (sink_logit != 0) p.sink_logits = sinks.data();
  AttentionOptions options;
  options.token_far = true;
  compare(emulate(p, table, seen), attention_stats_reference(p, options), shape.length, Tolerance(),
          "fused content " + std::to_string(static_cast<int>(content)) + " L " + std::to_string(shape.length) + " k " +
              std::to_string(k));
}

// A logit that overflows must not pass for a number.
void test_not_finite() {
  RowLane lane;
  float acc[1][4] = {{1, HUGE_VALF, 0, 0}};
  lane.whole(acc, 0, 1.0f, true);
  lane.close();
  CHECK(std::isnan(lane.end().total));
}

}  // namespace

int main() {
  Seen narrow, wide, ragged;
  for (int64_t length : {1, 2, 5, 33, 64, 65, 127, 128, 129, 300})
    for (int64_t k : {int64_t{0}, int64_t{1}, length / 4, length - 1, length + 7})
      test_shape({length, 1, 1, 16}, Content::randn, k, narrow);
  CHECK(narrow.boundary > 0 && narrow.many > 0);
  for (Content content : kContents) test_shape({1500, 2, 1, 16}, content, 375, ragged);
  test_shape({700, 1, 1, 16}, Content::heavy_tailed, 123, ragged, 2.5f);
  // Segments of 256 tokens: tiles inside one, over one edge, and with a k that cuts off one token over two.
  for (int64_t k : {2048, 2049}) test_shape({8192, 1, 1, 2}, Content::heavy_tailed, k, wide);
  CHECK(wide.whole > 0 && wide.one_edge > 0 && wide.boundary > 0 && wide.many > 0);
  test_not_finite();
  return check::exit_code();
}
