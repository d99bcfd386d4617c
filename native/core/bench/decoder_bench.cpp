// What the layers below cost, in float32 and in the weights' own bf16 (`--dtype weights`), beside the floors that the
// same matrix products would take at libtorch's speed, measured in the same process, turn by turn.
//
//   longattn_decoder_bench [--shape 135M] [--length 4096] [--layer 16] [--threads 0] [--rounds 5] [--quick] [--json]
//                          [--only f32|bf16]
//
// --only: one type, and no peer, so that a profile (perf record) is that of its layers alone.
// Shapes: 135M is SmolLM2-135M's, 8B Llama-3.1-8B's. Floors: oneDNN's products in float32 and bf16, and MKL's in
// float32. Weights are random (bench/model.h). Times are process CPU time over threads, best of the rounds.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "decoder/decoder.h"
#include "device/aten.h"
#include "model.h"
#include "peers_torch.h"
#include "row.h"
#include "windows/scorer.h"

namespace {

using namespace longattn;

struct Shape {
  const char* name;
  bench::ModelShape model;
};
// As many tokens as the longest window has: layer 0 projects each of them once.
constexpr Shape kShapes[] = {{"135M", {576, 9, 3, 64, 1536, 32768}}, {"8B", {4096, 32, 8, 128, 14336, 32768}}};

struct Options {
  Shape shape = kShapes[0];
  int64_t length = 4096;
  int64_t layer = 16;
  int threads = 0;
  int rounds = 5;
  bool json = false;
  std::vector<bool> types = {false, true};  // is it bf16
  bool peers = true;
};

// Floating-point operations of the products of one layer that is run; of causal attention half a square.
double layer_flops(const bench::ModelShape& shape, double length) {
  const auto& [hidden, heads, kv_heads, dim, width, vocab] = shape;
  const double linear = 2.0 * length * hidden * (2 * heads * dim + 2 * kv_heads * dim + 3 * width);
  return linear + 2.0 * dim * heads * length * length;  // Q K^T and P V, half a square each
}

// Of the layer that is asked for: its Q and K, and Q K^T.
double last_flops(const bench::ModelShape& shape, double length) {
  const auto& [hidden, heads, kv_heads, dim, width, vocab] = shape;
  return 2.0 * length * hidden * (heads + kv_heads) * dim + 1.0 * dim * heads * length * length;
}

constexpr double kNever = std::numeric_limits<double>::infinity();

double seconds(int threads, const std::function<void()>& work) {
  const double start = bench::cpu_seconds();
  work();
  return (bench::cpu_seconds() - start) / threads;
}

[[noreturn]] void usage(const std::string& what) {
  std::fprintf(stderr,
               "%s\nusage: longattn_decoder_bench [--shape 135M|8B] [--length N] [--layer N] [--threads N] "
               "[--rounds N] [--quick] [--json] [--only f32|bf16]\n",
               what.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--json") {
      options.json = true;
      continue;
    }
    if (flag == "--quick") {
      options.length = 1024, options.layer = 4, options.rounds = 2;
      continue;
    }
    if (i + 1 == argc) usage("unknown argument " + flag + ", or no value after it");
    const std::string value = argv[++i];
    if (flag == "--shape") {
      const auto* shape =
          std::find_if(std::begin(kShapes), std::end(kShapes), [&](auto& s) { return value == s.name; });
      if (shape == std::end(kShapes)) usage("--shape must not be " + value);
      options.shape = *shape;
    } else if (flag == "--length") {
      options.length = std::atoll(value.c_str());
    } else if (flag == "--layer") {
      options.layer = std::atoll(value.c_str());
    } else if (flag == "--threads") {
      options.threads = std::atoi(value.c_str());
    } else if (flag == "--rounds") {
      options.rounds = std::atoi(value.c_str());
    } else if (flag == "--only") {
      if (value != "f32" && value != "bf16") usage("--only must not be " + value);
      options.types = {value == "bf16"};
      options.peers = false;
    } else {
      usage("unknown argument " + flag);
    }
  }
  const int64_t longest = options.shape.model.vocab;
  if (options.length < 8 || options.length > longest) usage("--length is 8 to " + std::to_string(longest));
  if (options.layer < 1 || options.rounds < 1) usage("--layer and --rounds are at least 1");
  return options;
}

// Best times of the products that the floors are made of.
class Peers {
 public:
  explicit Peers(int threads) : threads_(threads) {}

  // A product is short beside a run: several for each.
  void measure() {
    for (int i = 0; i < 3; ++i) {
      best(mkl_, bench::torch_sgemm);
      if (!bench::torch_has_onednn()) continue;
      best(f32_, bench::torch_sgemm_onednn);
      best(bf16_, bench::torch_bf16_gemm_onednn);
    }
  }

  double mkl() const { return mkl_; }
  // Of either type; infinite without oneDNN.
  double onednn(bool bf16) const { return bf16 ? bf16_ : f32_; }

 private:
  void best(double& time, const std::function<void()>& product) const {
    time = std::min(time, seconds(threads_, product));
  }

  const int threads_;
  double mkl_ = kNever, f32_ = kNever, bf16_ = kNever;
};

// Best times of one decoder.
struct Times {
  double none = kNever;   // no layer is scored: what the layers below the last take, and its Q and K
  double last = kNever;   // the last layer alone is scored
  double every = kNever;  // and all below it, but for layer 0
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : o_(options),
        threads_(options.threads > 0 ? options.threads : omp_get_max_threads()),
        peers_(threads_),
        model_(options.shape.model),
        decoders_{{model_.spec(options.layer, false), 0}, {model_.spec(options.layer, true), 0}} {
    at::set_num_threads(threads_);
    for (int64_t n = 0; n < o_.length; ++n)
      request_.ids.push_back(static_cast<int32_t>(n * 7919 % o_.shape.model.vocab));
    request_.lengths = {o_.length};
    request_.k = {o_.length / 4};
  }

  void measure() {
    for (int round = 0; round < o_.rounds; ++round) {
      for (const bool bf16 : o_.types) {
        Times& times = times_[bf16];
        if (o_.peers) peers_.measure();
        times.none = std::min(times.none, run(bf16, {o_.layer}, false));
        times.last = std::min(times.last, run(bf16, {o_.layer}));
        // Layer 0 is scored by looking its tokens up, not while it is run.
        std::vector<int64_t> every(static_cast<size_t>(o_.layer));
        std::iota(every.begin(), every.end(), 1);
        if (o_.layer > 1) times.every = std::min(times.every, run(bf16, every));
      }
    }
    if (o_.peers) peers_.measure();
  }

  void print() const {
    const auto length = static_cast<double>(o_.length);
    const auto layers = static_cast<double>(o_.layer);
    const double flops = layers * layer_flops(o_.shape.model, length) + last_flops(o_.shape.model, length);
    const std::string what =
        std::string(", ") + o_.shape.name + " L" + std::to_string(o_.length) + " layers 0.." + std::to_string(o_.layer);
    const double products = bench::gemm_flops(), mkl = peers_.mkl();
    const std::string mkl_name = "decoder f32 floor by MKL" + what;
    for (const bool bf16 : o_.types) {
      if (!o_.peers || !bench::torch_has_onednn()) continue;
      const double onednn = peers_.onednn(bf16);
      row(type(bf16) + " product by oneDNN" + what, products / onednn / 1e9, "GFLOP/s");
      row(type(bf16) + " floor by oneDNN" + what, flops * onednn / products, "s");
    }
    if (o_.peers) {
      row("decoder f32 product by MKL" + what, products / mkl / 1e9, "GFLOP/s");
      row(mkl_name, flops * mkl / products, "s");
    }
    for (const bool bf16 : o_.types) {
      const Times& times = times_[bf16];
      const double floor = flops * (bench::torch_has_onednn() ? peers_.onednn(bf16) : mkl) / products;
      const std::string floor_name = bench::torch_has_onednn() ? type(bf16) + " floor by oneDNN" + what : mkl_name;
      const std::string one_name = type(bf16) + " one layer run" + what;
      const double one = times.none / layers;
      if (o_.peers) {
        row(type(bf16) + what, times.last, "s", times.last / floor, floor_name);
      } else {
        row(type(bf16) + what, times.last, "s");
      }
      if (bf16 && o_.peers) {
        row(one_name, one, "s", times.none / times_[false].none, type(false) + " one layer run" + what);
      } else {
        row(one_name, one, "s");
      }
      if (o_.layer < 2) continue;
      const double more = std::max(0.0, (times.every - times.last) / (layers - 1));
      row(type(bf16) + " one more layer scored" + what, more, "s", more / one, one_name);
    }
  }

 private:
  static std::string type(bool bf16) { return bf16 ? "decoder bf16" : "decoder f32"; }

  double run(bool bf16, std::vector<int64_t> layers, bool scored = true) {
    request_.layers = std::move(layers);
    ProviderOptions options{threads_, nullptr};
    if (!scored) {
      options.statistics = [](const AttentionProblem&, const AttentionOptions&) {
        return [] { return AttentionStats(); };
      };
    }
    return seconds(threads_, [&] { score(decoders_[bf16], request_, options); });
  }

  void row(const std::string& name, double value, const char* unit, double ratio = 0,
           const std::string& to = "") const {
    bench::print_row(o_.json, name, value, unit, ratio, to);
  }

  const Options& o_;
  const int threads_;
  Peers peers_;
  const bench::Model model_;
  Decoder decoders_[2];  // float32, bf16
  ScoreRequest request_;
  Times times_[2];
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const c10::InferenceMode inference;
  Bench bench(options);
  bench.measure();
  bench.print();
  return 0;
}
