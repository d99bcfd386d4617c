// The kernels themselves, on the emulated machine, against the float64 reference: every thread, barrier, copy, product
// and slot is the kernel's own code. With copies and products as early and as late as a GPU may do them.
#include <algorithm>

#include "attention/segments.h"
#include "attention_fixture.h"
#include "checkpoint/float_convert.h"
#include "device/fused/fused_problem.h"
#include "device/fused/half_range.h"
#include "device/fused/mma_block.h"
#include "device/fused/pack.h"
#include "device/fused/slot_stats.h"
#include "device/fused/sum.h"
#include "device/fused/wgmma_block.h"
#include "emulated_machine.h"
#include "layer/rope.h"

namespace {

using namespace fixture;
using namespace longattn::device;
using machine::Emulator;
using machine::Timing;

using attention::kLog2E;

// As the reference sees what the kernel sees: inputs are numbers of the kernel's type.
void round_to(Table& table, FusedType type) {
  for (std::vector<float>* values : {&table.q, &table.k})
    for (float& x : *values) {
      const uint16_t bits = type == FusedType::fp16 ? machine::fp16_bits(x) : machine::bf16_bits(x);
      to_float32(type == FusedType::fp16 ? DType::f16 : DType::bf16, &bits, 1, &x);
    }
}

struct alignas(16) Chunk {  // the alignment that the kernels' copies want
  unsigned char bytes[kChunkBytes];
};
using Tiles = std::vector<Chunk>;

// Tiles of heads that lie as [heads][length][dim].
template <FusedType kType, int kRows, int kDim>
Tiles packed(const std::vector<float>& rows, int heads, int64_t length, int64_t dim, int tiles) {
  Tiles out(static_cast<size_t>(heads) * tiles * tile_bytes(kRows, kDim) / sizeof(Tiles::value_type));
  std::vector<unsigned> beyond(heads, 0);
  PackArguments a = {};
  a.rows = rows.data();
  a.row_stride = dim;
  a.head_stride = length * dim;
  a.length = static_cast<int>(length);
  a.heads = heads;
  a.dim = static_cast<int>(dim);
  a.tiles = tiles;
  a.out = out.data();
  a.beyond = beyond.data();
  for (int head = 0; head < heads; head += kPackHeads)
    for (int row = 0; row < tiles * kRows; ++row)
      for (int chunk = 0; chunk < kDim / 8; ++chunk) pack_chunk<kType, kRows, kDim>(a, head, row, chunk);
  for (const unsigned bits : beyond) CHECK(bits == 0);
  return out;
}

struct Run {
  int blocks;
  Timing timing;
  int keep = 1;  // every how many segments are kept: fewer make short windows take the path of long ones (k on an edge)
};

// Segments of a window with all but every `keep`-th joined to the one before; those at k stay.
attention::Segments joined(const attention::Segments& all, int keep) {
  attention::Segments s = {};
  for (int i = 0; i < all.count; ++i)
    if (i % keep == 0 || i == all.first_far) {
      if (i == all.first_far) s.first_far = s.count;
      s.low[s.count] = all.low[i];
      s.bin[s.count++] = all.bin[i];
    }
  if (all.first_far == all.count) s.first_far = s.count;
  s.low[s.count] = all.low[all.count];
  return s;
}

template <typename Block, FusedType kType, int kDim>
AttentionStats run(const AttentionProblem& p, const Table& table, const Run& how) {
  const auto length = static_cast<int>(p.length);
  const int blocks = (length + Block::kRows - 1) / Block::kRows;
  constexpr FusedProduct product = Block::kWarps > 4 ? FusedProduct::wgmma : FusedProduct::mma;
  FusedArguments a = fused_arguments(p, product, kDim);
  const auto q = packed<kType, kQueryTileRows, kDim>(table.q, p.heads, length, p.dim, a.query_tiles);
  const auto k = packed<kType, kKeyTileRows, kDim>(table.k, p.kv_heads, length, p.dim, a.key_tiles);
  a.q = q.data();
  a.k = k.data();
  std::vector<double> slots(p.heads * blocks * kSlotFields, std::nan(""));
  std::vector<float> tokens(p.heads * length, std::nanf("")), sinks, slopes;
  std::vector<SegmentSum> workspace(static_cast<size_t>(how.blocks) * attention::kMaxSegments * Block::kRows,
                                    {std::nanf(""), std::nanf(""), std::nanf(""), 0});
  for (int64_t h = 0; h < p.heads; ++h) {
    if (p.sink_logits != nullptr) sinks.push_back(static_cast<float>(p.sink_logits[h] * kLog2E));
    if (p.alibi_slopes != nullptr) slopes.push_back(static_cast<float>(p.alibi_slopes[h] * kLog2E));
  }
  a.slots = slots.data();
  a.token_far = tokens.data();
  a.workspace = workspace.data();
  a.sink_logits = sinks.empty() ? nullptr : sinks.data();
  a.slopes = slopes.empty() ? nullptr : slopes.data();
  a.heads = static_cast<int>(p.heads);
  a.segments = joined(attention::make_segments(length, p.k), how.keep);
  int counter = 0;
  Emulator::run({how.blocks, Block::kThreads, sizeof(typename Block::Shared), how.timing},
                [&](unsigned char* memory) { Block::run(a, &counter, memory); });

  AttentionStats stats;
  std::vector<double> sums(p.heads * kSlotFields, std::nan("")), token_sums(length, std::nan(""));
  const SumArguments all = {
      slots.data(), tokens.data(), sums.data(), token_sums.data(), blocks, static_cast<int>(p.heads), length};
  for (int64_t number = 0; number < sum_count(all); ++number) sum_number(all, number);
  for (int64_t h = 0; h < p.heads; ++h)
    stats.heads.push_back(slot_stats(a.segments, sums.data() + h * kSlotFields, {}));
  for (int n = 0; n < length; ++n)
    stats.token_far.push_back(static_cast<float>(token_sums[n] / static_cast<double>(p.heads)));
  return stats;
}

// The reference's bins, joined as the kernel's segments were.
void join_bins(AttentionStats& stats, int64_t length, int64_t k, int keep) {
  const attention::Segments few = joined(attention::make_segments(length, k), keep);
  for (HeadStats& head : stats.heads)
    for (double* bins : {head.mass, head.squares, head.sink_mass, head.sink_squares}) {
      int to = 0;
      for (int bin = 0; bin < kBins; ++bin) {
        for (int s = 0; s < few.count; ++s)
          if (few.low[s] <= bin_edge(length, bin)) to = few.bin[s];
        if (to == bin) continue;
        bins[to] += bins[bin];
        bins[bin] = 0;
      }
    }
}

// Inputs are the kernel's own numbers, so what remains is float32: sums of hundreds of terms, products of 16.
Tolerance kernel_tolerance() {
  Tolerance t;
  t.ds = 2e-6;
  t.squares = 5e-5;
  t.bin_slack = 1e-5;
  t.entropy = 5e-5;
  t.token = 2e-5;
  return t;
}

std::string describe(const char* name, const AttentionProblem& p, Content content, const Run& how) {
  return std::string(name) + " L " + std::to_string(p.length) + " H " + std::to_string(p.heads) + "/" +
         std::to_string(p.kv_heads) + " d " + std::to_string(p.dim) + " k " + std::to_string(p.k) + " content " +
         std::to_string(static_cast<int>(content)) + " keep " + std::to_string(how.keep) +
         (p.softcap > 0 ? " softcap" : "") + (p.alibi_slopes != nullptr ? " alibi" : "") +
         (p.sliding_window > 0 ? " window " + std::to_string(p.sliding_window) : "") +
         (p.sink_logits != nullptr ? " sink" : "") + (p.scale > 0 ? "" : " negative scale");
}

// What an attention may have beside its shape.
struct Extras {
  float softcap = 0, slope = 0, sink = 0;
  int64_t window = 0;
  float scale_sign = 1;
};

template <typename Block, FusedType kType, int kDim>
void test(const char* name, const Shape& shape, Content content, int64_t k, const Extras& extras = {}, int keep = 1) {
  Table table(shape, content, 5);
  round_to(table, kType);
  AttentionProblem p = problem_of(shape, table, k);
  std::vector<float> slopes, sinks;
  for (int64_t h = 0; h < shape.heads; ++h) {
    slopes.push_back(extras.slope / static_cast<float>(h + 1));
    sinks.push_back(extras.sink * static_cast<float>(h + 1));
  }
  p.scale *= extras.scale_sign;
  p.softcap = extras.softcap;
  p.sliding_window = extras.window;
  if (extras.slope != 0) p.alibi_slopes = slopes.data();
  if (extras.sink != 0) p.sink_logits = sinks.data();
  AttentionOptions options;
  options.token_far = true;
  AttentionStats want = attention_stats_reference(p, options);
  join_bins(want, p.length, k, keep);
  const AttentionStats early = run<Block, kType, kDim>(p, table, {1, Timing::early, keep});
  const std::string what = describe(name, p, content, {1, Timing::early, keep});
  compare(early, want, shape.length, kernel_tolerance(), what);
  const AttentionStats late = run<Block, kType, kDim>(p, table, {3, Timing::late, keep});
  CHECK_MESSAGE(same_bits(early, late), "other bits with three blocks and late copies: " + what);
}

constexpr Extras kExtras[] = {{20, 0, 0, 0, 1},  {0, 0.05f, 0, 0, 1}, {0, 0, 1.5f, 0, 1}, {0, 0, 0, 70, 1},
                              {0, 0, 0, 150, 1}, {0, 0, 0, 0, -1},    {0, 0, 0, 1, 1},    {5, 0.1f, -1, 100, 1}};

template <template <FusedType, int, bool> class Block>
void test_all(const char* name) {
  using F64 = Block<FusedType::fp16, 64, false>;
  using M64 = Block<FusedType::fp16, 64, true>;
  constexpr int64_t edge = F64::kRows;
  for (int64_t length : {int64_t{1}, int64_t{64}, edge + 1})
    for (int64_t k : {int64_t{0}, length / 4, length + 7})
      test<F64, FusedType::fp16, 64>(name, {length, 2, 1, 40}, Content::randn, k);
  for (Content content : kContents) test<F64, FusedType::fp16, 64>(name, {500, 2, 2, 64}, content, 125, {}, 16);
  for (const Extras& extras : kExtras)
    test<M64, FusedType::fp16, 64>(name, {extras.window > 0 ? 320 : 256, 2, 1, 64}, Content::heavy_tailed, 60, extras);
  test<M64, FusedType::fp16, 64>(name, {576, 1, 1, 64}, Content::randn, 54, kExtras[4], 12);
  test<F64, FusedType::fp16, 64>(name, {900, 1, 1, 64}, Content::randn, 225, {}, 16);  // more tiles than are in flight
  test<Block<FusedType::bf16, 128, false>, FusedType::bf16, 128>(name, {270, 4, 2, 128}, Content::heavy_tailed, 67);
  test<Block<FusedType::fp16, 128, false>, FusedType::fp16, 128>(name, {400, 2, 1, 80}, Content::strong_sink, 100, {},
                                                                 16);
}

// Rows of an index, rotated as the CPU rotates them; what is not finite or too large for fp16 is told of its head.
void test_pack(bool interleaved, int64_t offset) {
  constexpr int64_t kLength = 70, kHeads = 2, kDimension = 48, kStride = kHeads * kDimension + 5;
  constexpr int kTiles = 2;
  RopeConfig config;
  config.type = RopeConfig::Type::standard;
  config.theta = 10000;
  config.dim = 32;
  config.offset = offset;
  config.interleaved = interleaved;
  const RopeTable rope(config, kLength);
  std::vector<float> rows(10 * kStride), cos, sin;
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = std::sin(static_cast<float>(i)) * 3;
  std::vector<int32_t> index;
  for (int64_t n = 0; n < kLength; ++n) {
    index.push_back(static_cast<int32_t>(n * 7 % 10));
    for (int64_t j = 0; j < rope.half(); ++j) {
      const auto &c = rope.coarse()[n / 256 * rope.half() + j], &f = rope.fine()[n % 256 * rope.half() + j];
      cos.push_back(static_cast<float>(c.cos * f.cos - c.sin * f.sin));
      sin.push_back(static_cast<float>(c.sin * f.cos + c.cos * f.sin));
    }
  }
  std::vector<uint16_t> out(kHeads * kTiles * kQueryTileRows * 64, 0xffff);
  unsigned beyond[kHeads] = {};
  PackArguments a = {};
  a.rows = rows.data();
  a.row_stride = kStride;
  a.head_stride = kDimension;
  a.index = index.data();
  a.cos = cos.data();
  a.sin = sin.data();
  a.half = static_cast<int>(rope.half());
  a.offset = static_cast<int>(rope.offset());
  a.first_stride = static_cast<int>(rope.first_stride());
  a.second_offset = static_cast<int>(rope.second_offset());
  a.length = kLength;
  a.heads = kHeads;
  a.dim = kDimension;
  a.tiles = kTiles;
  a.out = out.data();
  a.beyond = beyond;
  const auto pack_all = [&] {
    for (int row = 0; row < kTiles * kQueryTileRows; ++row)
      for (int chunk = 0; chunk < 8; ++chunk) pack_chunk<FusedType::fp16, kQueryTileRows, 64>(a, 0, row, chunk);
  };
  pack_all();
  CHECK(beyond[0] == 0 && beyond[1] == 0);
  for (int head = 0; head < kHeads; ++head)
    for (int n = 0; n < kTiles * kQueryTileRows; ++n) {
      std::vector<float> want(64, 0.0f);
      if (n < kLength) {
        std::copy_n(&rows[index[n] * kStride + head * kDimension], kDimension, want.data());
        rope.rotate(n, want.data());
      }
      for (int e = 0; e < 64; ++e) {
        const int place = (head * kTiles + n / 64) * 64 * 64 + tile_offset<64>(n % 64, e / 8) / 2 + e % 8;
        float got;
        to_float32(DType::f16, &out[place], 1, &got);
        CHECK_MESSAGE(check::close(got, want[e], 1e-3, 1e-6), "packed row " + std::to_string(n));
      }
    }
  rows[3 * kStride + kDimension + 1] = 7e4f;
  pack_all();
  CHECK(beyond[0] == 0 && beyond[1] == machine::float_bits(7e4f) && halvings_into_half(beyond[1]) == 1);
  rows[4 * kStride] = std::nanf("");
  pack_all();
  CHECK(beyond[0] >= kInfinityBits && beyond[1] == machine::float_bits(7e4f));
  // Brought into fp16 by a power of two, every number keeps its bits.
  rows[4 * kStride] = 1;
  const float shrink[kHeads] = {1, 0.5f};
  a.shrink = shrink;
  beyond[0] = beyond[1] = 0;
  std::vector<uint16_t> plain = out;
  pack_all();
  CHECK(beyond[0] == 0 && beyond[1] == 0);
  int halved = 0;
  for (int i = 0; i < kTiles * kQueryTileRows * 64; ++i) {
    float was, is;
    const size_t at = out.size() / kHeads + static_cast<size_t>(i);
    to_float32(DType::f16, &plain[at], 1, &was);
    to_float32(DType::f16, &out[at], 1, &is);
    if (std::fabs(is) < 1e-4f || std::isinf(was)) continue;
    CHECK(was == 2 * is);
    ++halved;
  }
  CHECK(halved > 1000);
}

}  // namespace

int main() {
  test_pack(false, 8);  // whole chunks are rotated with whole chunks
  test_pack(false, 12);
  test_pack(true, 8);
  test_all<MmaBlock>("mma");
  test<MmaBlock<FusedType::fp16, 256, false>, FusedType::fp16, 256>("mma", {150, 2, 1, 256}, Content::randn, 40);
  test<MmaBlock<FusedType::bf16, 256, true>, FusedType::bf16, 256>("mma", {150, 2, 1, 200}, Content::randn, 40,
                                                                   {0, 0, 0, 60, 1});
  test_all<WgmmaBlock>("wgmma");
  return check::exit_code();
}
