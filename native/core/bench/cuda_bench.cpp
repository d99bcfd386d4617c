// How fast attention statistics are on a GPU, beside what torch reaches on the same card in the same minutes. JSON
// lines.
//
//   longattn_cuda_bench [--device 0] [--rounds 7] [--lengths 8192,32768,131072] [--shapes 8B,70B] [--paths fused,...]
//
// Paths: fused, fused-mma, flash (torch's forward), authors (their loop), tiles, lse (three calls), lse-bins, products
// (QK^T to memory), check (what the paths say of the same group). One a process where one of them may hang or fault.
//
// Times are medians of CUDA events over all heads of a layer, after a warm-up, over several sets of inputs that take
// turns (else a window of 8K would lie in the cache). "fused" is a window from its tokens' rows in a table to the
// numbers on the CPU: gathered, rotated, packed, computed. The others start from a group's rotated rows in fp16.
// "floor" is the time that the causal products would take at the speed of torch's largest matrix product, measured
// here.
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <sstream>

#include "device/device.h"
#include "device/fused/fused_window.h"
#include "device/stats/group_paths.h"
#include "lse.h"

namespace {

using namespace longattn;
using device::GroupTensors;

constexpr int kSets = 3;
constexpr int64_t kGemm = 8192;
constexpr int64_t kTokens = 20000;  // rows of a table
constexpr int64_t kTileBytes = int64_t{256} << 20;

struct Shape {
  const char* name;
  int64_t heads, kv_heads, dim;
};
constexpr Shape kShapes[] = {{"8B", 32, 8, 128}, {"70B", 64, 8, 128}};

struct Settings {
  int device = 0, rounds = 7;
  std::vector<int64_t> lengths = {8192, 32768, 131072};
  std::vector<std::string> shapes = {"8B", "70B"};
  std::vector<std::string> paths = {"fused", "fused-mma", "flash",    "authors", "tiles",
                                    "lse",   "lse-bins",  "products", "check"};

  bool wants(const char* path) const { return std::find(paths.begin(), paths.end(), path) != paths.end(); }
};

std::vector<std::string> parts_of(const char* text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

Settings parse(int argc, char** argv) {
  Settings s;
  bool wrong = argc % 2 == 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--device") == 0) {
      s.device = std::atoi(argv[i + 1]);
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      s.rounds = std::atoi(argv[i + 1]);
    } else if (std::strcmp(argv[i], "--lengths") == 0) {
      s.lengths.clear();
      for (const std::string& part : parts_of(argv[i + 1])) s.lengths.push_back(std::atoll(part.c_str()));
    } else if (std::strcmp(argv[i], "--shapes") == 0) {
      s.shapes = parts_of(argv[i + 1]);
    } else if (std::strcmp(argv[i], "--paths") == 0) {
      s.paths = parts_of(argv[i + 1]);
    } else {
      wrong = true;
    }
  }
  for (const std::string& path : s.paths) wrong = wrong || !Settings().wants(path.c_str());
  for (const int64_t length : s.lengths) wrong = wrong || length < 256;
  if (wrong || s.rounds < 1) {
    std::fprintf(
        stderr,
        "usage: longattn_cuda_bench [--device I] [--rounds N] [--lengths A,B] [--shapes 8B,70B] [--paths A,B]\n");
    std::exit(2);
  }
  return s;
}

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "CUDA: %s\n", cudaGetErrorString(status));
  std::exit(1);
}

class Timer {
 public:
  Timer() {
    check(cudaEventCreate(&start_));
    check(cudaEventCreate(&stop_));
  }
  // Milliseconds of what `work` puts on the current stream.
  float operator()(const std::function<void()>& work) {
    const cudaStream_t stream = c10::cuda::getCurrentCUDAStream().stream();
    check(cudaEventRecord(start_, stream));
    work();
    check(cudaEventRecord(stop_, stream));
    check(cudaEventSynchronize(stop_));
    float ms = 0;
    check(cudaEventElapsedTime(&ms, start_, stop_));
    return ms;
  }

 private:
  cudaEvent_t start_, stop_;
};

// Median of `rounds` runs after one; `work` gets the number of the run.
double median(Timer& timer, int rounds, const std::function<void(int)>& work) {
  work(0);
  std::vector<float> times;
  for (int round = 1; round <= rounds; ++round) times.push_back(timer([&] { work(round); }));
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

double peak_bytes(int index) {
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(index));
  return static_cast<double>(stats.allocated_bytes[0].peak);
}

const device::FusedChoice kMma = {device::FusedType::fp16, device::FusedProduct::mma};

class Bench {
 public:
  Bench(const Settings& settings, const Shape& shape, int64_t length, double flops_a_ms)
      : s_(settings), shape_(shape), length_(length), group_(shape.heads / shape.kv_heads) {
    const auto options = at::TensorOptions(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(s_.device)));
    RopeConfig rope;
    rope.type = RopeConfig::Type::standard;
    rope.theta = 500000;
    rope.dim = shape.dim;
    rope_ = RopeTable(rope, length);
    for (int i = 0; i < kSets; ++i) {
      const at::Tensor table = at::randn({kTokens, shape.heads + shape.kv_heads, shape.dim}, options);
      device::DeviceRows rows = {table.narrow(1, 0, shape.heads), table.narrow(1, shape.heads, shape.kv_heads),
                                 at::randint(kTokens, {length}, options.dtype(at::kInt)),
                                 device::angles_of(rope_, length, options.device())};
      sets_.push_back(
          bench::in_type(read_group(rows, 0), at::kHalf));  // serves all groups: the time does not depend on it
      rows_.push_back(std::move(rows));
    }
    problem_.length = length;
    problem_.heads = shape.heads;
    problem_.kv_heads = shape.kv_heads;
    problem_.dim = shape.dim;
    problem_.k = length / 4;
    problem_.scale = 1 / std::sqrt(static_cast<float>(shape.dim));
    floor_ms_ = static_cast<double>(shape.heads * shape.dim) * static_cast<double>(length) *
                static_cast<double>(length) / flops_a_ms;
  }

  // False where paths do not agree.
  bool run() {
    line("floor", floor_ms_, 0);
    AttentionOptions options, far_only;
    far_only.far_peak = false;
    // The authors' loop holds some L x L matrices of a head at a time: 2 GB each at 32K.
    const bool matrices_fit = length_ <= 32768;
    if (s_.wants("fused")) time("fused", s_.rounds, [&](int set) { fused(set, {}); });
    if (s_.wants("fused-mma")) time("fused-mma", s_.rounds, [&](int set) { fused(set, kMma); });
    if (s_.wants("flash")) time_groups("flash", s_.rounds, [&](const GroupTensors& t) { flash(t); });
    if (s_.wants("authors") && matrices_fit) time_groups("authors", 1, [&](const GroupTensors& t) { naive(t); });
    if (s_.wants("tiles"))
      time_groups("tiles", 1, [&](const GroupTensors& t) { device::tiles_group(problem_, options, t, kTileBytes); });
    if (s_.wants("lse"))
      time_groups("lse", s_.rounds, [&](const GroupTensors& t) { bench::lse_group(problem_, far_only, t, false); });
    if (s_.wants("lse-bins") && matrices_fit)
      time_groups("lse-bins", 1, [&](const GroupTensors& t) { bench::lse_group(problem_, far_only, t, true); });
    if (s_.wants("products")) time_groups("products", s_.rounds, [&](const GroupTensors& t) { products(t); });
    return !s_.wants("check") || differences();
  }

 private:
  template <typename Work>
  void time(const char* name, int rounds, const Work& work) {
    c10::cuda::CUDACachingAllocator::emptyCache();
    c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(s_.device));
    const double before = peak_bytes(s_.device);
    try {
      const double ms = median(timer_, rounds, [&](int run) { work(run % kSets); });
      line(name, ms, peak_bytes(s_.device) - before);
    } catch (const c10::OutOfMemoryError&) {
      std::printf("{\"bench\":\"%s\",\"shape\":\"%s\",\"length\":%lld,\"error\":\"out of memory\"}\n", name,
                  shape_.name, static_cast<long long>(length_));
    }
  }

  template <typename Work>
  void time_groups(const char* name, int rounds, const Work& work) {
    time(name, rounds, [&](int set) {
      for (int64_t kv = 0; kv < shape_.kv_heads; ++kv) work(sets_[(set + kv) % kSets]);
    });
  }

  AttentionStats fused(int set, const device::FusedChoice& choice) const {
    return device::fused_window(problem_, {}, rows_[set], kTileBytes, choice)().stats;
  }

  void line(const char* name, double ms, double bytes) const {
    std::printf(
        "{\"bench\":\"%s\",\"shape\":\"%s\",\"length\":%lld,\"ms\":%.4f,\"to_floor\":%.3f,\"tokens_a_second\":%.0f,"
        "\"peak_mb\":%.1f}\n",
        name, shape_.name, static_cast<long long>(length_), ms, ms / floor_ms_, 1e3 * static_cast<double>(length_) / ms,
        bytes / 1e6);
    std::fflush(stdout);
  }

  void flash(const GroupTensors& t) const {
    const at::Tensor q = t.q.unsqueeze(0), k = t.k.view({1, 1, length_, shape_.dim}).expand_as(q);
    at::_scaled_dot_product_flash_attention(q, k, k, 0.0, true, false, problem_.scale);
  }

  // Rows by the keys up to them, in pieces that fit: the products alone, but through memory.
  void products(const GroupTensors& t) const {
    constexpr int64_t kRows = 1024;
    const at::Tensor keys = t.k.t();
    for (int64_t row = 0; row < length_; row += kRows)
      at::matmul(t.q.narrow(1, row, std::min(kRows, length_ - row)), keys.narrow(1, 0, std::min(row + kRows, length_)));
  }

  // softmax(QK^T) of a head in fp16, its far triangle, sum and variance: what the authors' code does.
  void naive(const GroupTensors& t) const {
    const at::Tensor hidden = at::ones({length_, length_}, t.q.options().dtype(at::kBool)).triu_(1);
    for (int64_t g = 0; g < group_; ++g) {
      at::Tensor m = at::mm(t.q[g], t.k.t()).mul_(problem_.scale).masked_fill_(hidden, -HUGE_VAL);
      m = at::softmax(m, -1).tril_(-problem_.k);
      m.sum(at::kFloat).div(static_cast<double>(length_)).item<float>();
      m.to(at::kFloat).var().item<float>();
    }
  }

  // What the paths say of the same group: a benchmark of wrong sums would be none. False where they differ by more than
  // rounding to fp16 can make them.
  bool differences() const {
    AttentionOptions options, far_only;
    far_only.far_peak = false;
    const HeadStats own = fused(0, {}).heads[0], mma = fused(0, kMma).heads[0];
    const HeadStats lse = bench::lse_group(problem_, far_only, sets_[0], false).heads[0];
    const HeadStats tiles = device::tiles_group(problem_, options, sets_[0], kTileBytes).heads[0];
    const auto relative = [](double a, double b) { return std::fabs(a / b - 1); };
    const auto print = [&](const char* name, const HeadStats& got) {
      std::printf(",\"%s\":{\"far_mass\":%.3g,\"far_squares\":%.3g,\"entropy\":%.3g,\"far_peak\":%.3g}", name,
                  relative(got.far_mass, tiles.far_mass), relative(got.far_squares, tiles.far_squares),
                  relative(got.entropy, tiles.entropy), got.far_peak > 0 ? relative(got.far_peak, tiles.far_peak) : 0);
    };
    std::printf("{\"check\":\"relative difference from tiles\",\"shape\":\"%s\",\"length\":%lld", shape_.name,
                static_cast<long long>(length_));
    print("fused", own);
    print("fused_mma", mma);
    print("lse", lse);
    std::printf("}\n");
    const auto agrees = [&](const HeadStats& got) {
      return relative(got.far_mass, tiles.far_mass) < 1e-3 && relative(got.entropy, tiles.entropy) < 1e-3 &&
             relative(got.far_squares, tiles.far_squares) < 1e-2;
    };
    return agrees(own) && agrees(mma) && agrees(lse);
  }

  const Settings& s_;
  const Shape& shape_;
  const int64_t length_, group_;
  RopeTable rope_;
  std::vector<device::DeviceRows> rows_;
  std::vector<GroupTensors> sets_;
  AttentionProblem problem_;
  double floor_ms_ = 0;
  Timer timer_;
};

// Operations a millisecond of a large fp16 product.
double gemm_rate(const Settings& s, const at::TensorOptions& options) {
  Timer timer;
  const at::Tensor a = at::randn({kGemm, kGemm}, options), b = at::randn({kGemm, kGemm}, options);
  at::Tensor out = at::empty({kGemm, kGemm}, options);
  const double ms = median(timer, s.rounds, [&](int) { at::mm_out(out, a, b); });
  const double flops = 2.0 * kGemm * kGemm * kGemm;
  std::printf("{\"bench\":\"fp16 product 8192^3\",\"ms\":%.4f,\"tflops\":%.1f}\n", ms, flops / ms / 1e9);
  return flops / ms;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = parse(argc, argv);
  const std::vector<CudaDevice> devices = cuda_devices();
  if (s.device < 0 || s.device >= static_cast<int>(devices.size())) {
    std::fprintf(stderr, "device %d is not there: this machine has %zu CUDA devices\n", s.device, devices.size());
    return 4;
  }
  const CudaDevice& card = devices[s.device];
  std::printf("{\"device\":\"%s\",\"capability\":\"%d.%d\",\"memory_gb\":%.1f}\n", card.name.c_str(), card.major,
              card.minor, static_cast<double>(card.memory_bytes) / 1e9);
  const c10::InferenceMode inference;
  const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(s.device));
  const c10::DeviceGuard guard(device);
  const double rate = gemm_rate(s, at::TensorOptions(device).dtype(at::kHalf));
  bool agree = true;
  for (const Shape& shape : kShapes) {
    if (std::find(s.shapes.begin(), s.shapes.end(), shape.name) == s.shapes.end()) continue;
    for (const int64_t length : s.lengths) agree = Bench(s, shape, length, rate).run() && agree;
  }
  if (!agree) std::fprintf(stderr, "the paths do not agree: see the lines \"relative difference\"\n");
  return agree ? 0 : 1;
}
