// The first thing to run on a new GPU: one small window through the kernels, against the CPU's own kernel. One case a
// process, so that whoever calls can end one that hangs and go on with the next; no torch, so that it is built in a
// minute whatever torch there is.
//
//   fused_smoke --list          names of the cases, one a line
//   fused_smoke CASE            one JSON line; exit code 0, 1 where something is wrong, 3 where the device has no such
//                               instructions
//   fused_smoke CASE --once     without the second run, for tools that make one run slow
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "attention_fixture.h"
#include "checkpoint/float_convert.h"
#include "device/fused/fused_problem.h"
#include "device/fused/slot_stats.h"
#include "layer/rope.h"
#include "smoke_device.h"

namespace {

using namespace fixture;
using namespace longattn::device;

constexpr int kDim = 128;

struct Case {
  const char* name;
  FusedProduct product;
  int64_t length;
  bool many_items;  // heads enough that every block of the device takes at least two items; else two heads
  int64_t window;
};
constexpr Case kCases[] = {
    {"mma-one-tile", FusedProduct::mma, 64, false, 0},
    {"mma-one-item", FusedProduct::mma, 128, false, 0},
    {"mma-many", FusedProduct::mma, 300, true, 0},
    {"mma-window", FusedProduct::mma, 500, false, 150},
    {"wgmma-one-tile", FusedProduct::wgmma, 100, false, 0},
    {"wgmma-five-tiles", FusedProduct::wgmma, 600, false, 0},  // one more than are in flight
    {"wgmma-two-items", FusedProduct::wgmma, 300, true, 0},    // the barriers' second parity
    {"wgmma-ragged", FusedProduct::wgmma, 449, false, 0},      // a group with one row, a group with none
    {"wgmma-window", FusedProduct::wgmma, 600, false, 150},
};
constexpr const char* kBf16 = "-bf16";

// Memory of the device.
class Buffer {
 public:
  explicit Buffer(size_t bytes) : bytes_(bytes), memory_(smoke::allocate(bytes)) {}
  template <typename T>
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size() * sizeof(T)) {
    smoke::upload(memory_, values.data(), bytes_);
  }
  ~Buffer() { smoke::release(memory_); }
  Buffer(const Buffer&) = delete;

  template <typename T>
  T* as() const {
    return static_cast<T*>(memory_);
  }
  template <typename T>
  std::vector<T> values() const {
    std::vector<T> result(bytes_ / sizeof(T));
    smoke::download(result.data(), memory_, bytes_);
    return result;
  }

 private:
  size_t bytes_;
  void* memory_;
};

[[noreturn]] void end(const char* name, const char* what) {
  std::printf("{\"case\":\"%s\",\"passed\":false,\"error\":\"%s\"}\n", name, what);
  std::exit(1);
}

void check_cuda(const char* name, const char* error) {
  if (error != nullptr) end(name, error);
}

// Numbers of the kernel's type, so that the reference sees what it sees.
void round_to(std::vector<float>& values, FusedType type) {
  const int dropped = type == FusedType::fp16 ? 13 : 16;
  for (float& x : values) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits = (bits + (1u << (dropped - 1))) >> dropped << dropped;
    std::memcpy(&x, &bits, sizeof bits);
    if (std::fabs(x) < 1e-4f) x = 0;  // below fp16's own 10 bits
  }
}

PackArguments pack_arguments(const Buffer& rows, int64_t heads, int64_t length, int tiles, const Buffer& out,
                             const Buffer& beyond) {
  PackArguments a = {};
  a.rows = rows.as<const float>();
  a.row_stride = kDim;
  a.head_stride = length * kDim;
  a.length = static_cast<int>(length);
  a.heads = static_cast<int>(heads);
  a.dim = kDim;
  a.tiles = tiles;
  a.out = out.as<void>();
  a.beyond = beyond.as<unsigned>();
  return a;
}

// One window through packing, kernel and sums.
AttentionStats on_device(const Case& c, FusedType type, const AttentionProblem& p, const Table& table, double* ms) {
  const char* error = nullptr;
  const auto workspace_size = fused_workspace_bytes(c.product, type, kDim, &error);
  check_cuda(c.name, error);
  FusedArguments a = fused_arguments(p, c.product, kDim);
  const auto blocks = static_cast<int>(fused_blocks(c.product, kDim, p.length));
  const Buffer q_rows(table.q), k_rows(table.k);
  const Buffer q(static_cast<size_t>(p.heads) * a.query_tiles * tile_bytes(kQueryTileRows, kDim)),
      k(static_cast<size_t>(p.kv_heads) * a.key_tiles * tile_bytes(kKeyTileRows, kDim));
  const Buffer beyond(std::vector<unsigned>(p.heads + p.kv_heads, 0)), workspace(static_cast<size_t>(workspace_size));
  const Buffer slots(sizeof(double) * p.heads * blocks * kSlotFields), tokens(sizeof(float) * p.heads * p.length);
  const Buffer sums(sizeof(double) * p.heads * kSlotFields), token_sums(sizeof(double) * p.length);
  a.q = q.as<void>();
  a.k = k.as<void>();
  a.heads = static_cast<int>(p.heads);
  a.slots = slots.as<double>();
  a.token_far = tokens.as<float>();
  a.workspace = workspace.as<void>();
  const auto start = std::chrono::steady_clock::now();
  check_cuda(c.name, fused_pack_queries(type, kDim, pack_arguments(q_rows, p.heads, p.length, a.query_tiles, q, beyond),
                                        nullptr));
  check_cuda(c.name, fused_pack_keys(type, kDim, pack_arguments(k_rows, p.kv_heads, p.length, a.key_tiles, k, beyond),
                                     nullptr));
  check_cuda(c.name, fused_start(c.product, type, kDim, a, nullptr));
  const SumArguments all = {a.slots, a.token_far, sums.as<double>(), token_sums.as<double>(),
                            blocks,  a.heads,     a.length};
  check_cuda(c.name, fused_sum(all, nullptr));
  const auto found = sums.values<double>();
  *ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  AttentionStats stats;
  for (int64_t h = 0; h < p.heads; ++h)
    stats.heads.push_back(slot_stats(a.segments, found.data() + h * kSlotFields, {}));
  for (const double x : token_sums.values<double>())
    stats.token_far.push_back(static_cast<float>(x / static_cast<double>(p.heads)));
  return stats;
}

// Inputs are the kernel's own numbers: what remains is float32, and an exponential good to 2^-22.
Tolerance smoke_tolerance() {
  Tolerance t;
  t.ds = 1e-5;
  t.squares = 2e-4;
  t.bin_slack = 1e-5;
  t.entropy = 2e-4;
  t.token = 1e-4;
  return t;
}

// Largest differences, for the report.
struct Off {
  double ds = 0, squares = 0, entropy = 0, peak = 0;
};
Off differences(const AttentionStats& got, const AttentionStats& want, double rows) {
  Off off;
  const auto larger = [](double& most, double x) { most = x <= most ? most : x; };  // NaN is larger
  for (size_t h = 0; h < want.heads.size(); ++h) {
    const HeadStats &a = got.heads[h], &b = want.heads[h];
    larger(off.ds, std::fabs(a.far_mass - b.far_mass) / rows);
    larger(off.squares, b.far_squares > 0 ? std::fabs(a.far_squares / b.far_squares - 1) : std::fabs(a.far_squares));
    larger(off.entropy, std::fabs(a.entropy - b.entropy) / rows);
    larger(off.peak, std::fabs(a.far_peak - b.far_peak) / rows);
  }
  return off;
}

int run(const Case& c, FusedType type, const std::string& name, bool once) {
  const char* error = nullptr;
  const FusedProduct best = fused_product(kDim, &error);
  check_cuda(name.c_str(), error);
  if (c.product == FusedProduct::wgmma && best != c.product) {
    std::printf("{\"case\":\"%s\",\"device\":\"%s\",\"skipped\":\"the device has no wgmma\"}\n", name.c_str(),
                smoke::device_name().c_str());
    return 3;
  }
  const int64_t blocks = fused_blocks(c.product, kDim, c.length);
  const int64_t heads = c.many_items ? 2 * smoke::resident_blocks() / blocks + 1 : 2;
  const Shape shape = {c.length, heads, c.many_items ? heads : 1, kDim};
  Table table(shape, Content::randn, 5);
  round_to(table.q, type);
  round_to(table.k, type);
  AttentionProblem p = problem_of(shape, table, c.window > 0 ? c.window / 3 : c.length / 4);
  p.sliding_window = c.window;
  AttentionOptions tokens;
  tokens.token_far = true;
  const AttentionStats want = attention_stats(p, tokens);
  double ms = 0;
  const AttentionStats got = on_device(c, type, p, table, &ms);
  compare(got, want, c.length, smoke_tolerance(), name);
  if (!once) CHECK_MESSAGE(same_bits(got, on_device(c, type, p, table, &ms)), "other bits in a second run");
  const Off off = differences(got, want, static_cast<double>(c.length));
  std::printf(
      "{\"case\":\"%s\",\"device\":\"%s\",\"passed\":%s,\"items\":%lld,\"off\":{\"ds\":%.2e,\"squares\":%.2e,"
      "\"entropy\":%.2e,\"peak\":%.2e},\"ms\":%.3f}\n",
      name.c_str(), smoke::device_name().c_str(), check::failures() == 0 ? "true" : "false",
      static_cast<long long>(blocks * heads), off.ds, off.squares, off.entropy, off.peak, ms);
  return check::failures() == 0 ? 0 : 1;
}

// Rows of a table by an index, rotated and rounded to fp16, where the kernels look for them.
int run_pack(const std::string& name) {
  constexpr int64_t kLength = 150, kHeads = 9, kRows = 40;
  const int tiles = fused_key_tiles(kLength);
  RopeConfig config;
  config.type = RopeConfig::Type::standard;
  config.theta = 10000;
  config.dim = kDim;
  const RopeTable rope(config, kLength);
  std::vector<float> rows(kRows * kHeads * kDim), cos, sin;
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = std::sin(static_cast<float>(i)) * 3;
  std::vector<int32_t> index;
  for (int64_t n = 0; n < kLength; ++n) {
    index.push_back(static_cast<int32_t>(n * 7 % kRows));
    for (int64_t j = 0; j < rope.half(); ++j) {
      const auto &a = rope.coarse()[n / 256 * rope.half() + j], &b = rope.fine()[n % 256 * rope.half() + j];
      cos.push_back(static_cast<float>(a.cos * b.cos - a.sin * b.sin));
      sin.push_back(static_cast<float>(a.sin * b.cos + a.cos * b.sin));
    }
  }
  const Buffer in(rows), cosines(cos), sines(sin), places(index), beyond(std::vector<unsigned>(kHeads, 0));
  const Buffer out(static_cast<size_t>(kHeads) * tiles * tile_bytes(kKeyTileRows, kDim));
  PackArguments a = pack_arguments(in, kHeads, kLength, tiles, out, beyond);
  a.row_stride = kHeads * kDim;
  a.head_stride = kDim;
  a.index = places.as<int32_t>();
  a.cos = cosines.as<float>();
  a.sin = sines.as<float>();
  a.half = static_cast<int>(rope.half());
  a.first_stride = static_cast<int>(rope.first_stride());
  a.second_offset = static_cast<int>(rope.second_offset());
  check_cuda(name.c_str(), fused_pack_keys(FusedType::fp16, kDim, a, nullptr));
  const auto packed = out.values<uint16_t>();
  double worst = 0;
  for (int64_t head = 0; head < kHeads; ++head)
    for (int n = 0; n < tiles * kKeyTileRows; ++n) {
      std::vector<float> want(kDim, 0.0f);
      if (n < kLength) {
        std::copy_n(&rows[(index[n] * kHeads + head) * kDim], kDim, want.data());
        rope.rotate(n, want.data());
      }
      for (int e = 0; e < kDim; ++e) {
        const int64_t tile = head * tiles + n / kKeyTileRows;
        float got;
        to_float32(DType::f16,
                   &packed[tile * kKeyTileRows * kDim + tile_offset<kKeyTileRows>(n % kKeyTileRows, e / 8) / 2 + e % 8],
                   1, &got);
        const double off = std::fabs(got - want[e]);
        worst = off <= worst ? worst : off;
      }
    }
  CHECK_MESSAGE(worst < 3e-3, "packed rows are off by " + std::to_string(worst));  // half a step of fp16 at 4.2
  for (const unsigned bits : beyond.values<unsigned>()) CHECK(bits == 0);
  std::printf("{\"case\":\"%s\",\"device\":\"%s\",\"passed\":%s,\"off\":{\"number\":%.2e}}\n", name.c_str(),
              smoke::device_name().c_str(), check::failures() == 0 ? "true" : "false", worst);
  return check::failures() == 0 ? 0 : 1;
}

int list() {
  std::puts("pack");
  for (const Case& c : kCases) std::printf("%s\n%s%s\n", c.name, c.name, kBf16);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  const bool once = argc > 2 && std::strcmp(argv[2], "--once") == 0;
  if (name == "--list") return list();
  if (name == "pack") return run_pack(name);
  for (const Case& c : kCases) {
    if (name == c.name) return run(c, FusedType::fp16, name, once);
    if (name == std::string(c.name) + kBf16) return run(c, FusedType::bf16, name, once);
  }
  std::fprintf(stderr, "usage: fused_smoke --list | CASE [--once]\n");
  return 2;
}
