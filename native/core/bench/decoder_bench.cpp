// What the layers below cost: a decoder at the shape of SmolLM2-135M, beside the floor that its matrix products would
// take at the speed of libtorch's own sgemm, measured in the same process, turn by turn.
//
//   longattn_decoder_bench [--length 4096] [--layer 16] [--threads 0] [--rounds 5] [--quick] [--json]
//
// Weights are random (bench/model.h). Times are process CPU time over threads, best of the rounds.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "decoder/decoder.h"
#include "device/aten.h"
#include "model.h"
#include "peers_torch.h"
#include "row.h"
#include "windows/scorer.h"

namespace {

using namespace longattn;

constexpr bench::ModelShape kShape{576, 9, 3, 64, 1536, 4096};

struct Options {
  int64_t length = 4096;
  int64_t layer = 16;
  int threads = 0;
  int rounds = 5;
  bool json = false;
};

// Floating-point operations of the products of one layer that is run; of causal attention half a square.
double layer_flops(double length) {
  const auto& [hidden, heads, kv_heads, dim, width, vocab] = kShape;
  const double linear = 2.0 * length * hidden * (2 * heads * dim + 2 * kv_heads * dim + 3 * width);
  return linear + 2.0 * dim * heads * length * length;  // Q K^T and P V, half a square each
}

// Of the layer that is asked for: its Q and K, and Q K^T.
double last_flops(double length) {
  const auto& [hidden, heads, kv_heads, dim, width, vocab] = kShape;
  return 2.0 * length * hidden * (heads + kv_heads) * dim + 1.0 * dim * heads * length * length;
}

double seconds(int threads, const std::function<void()>& work) {
  const double start = bench::cpu_seconds();
  work();
  return (bench::cpu_seconds() - start) / threads;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--json") {
      options.json = true;
    } else if (flag == "--quick") {
      options.length = 1024, options.layer = 4, options.rounds = 2;
    } else if (i + 1 < argc && flag == "--length") {
      options.length = std::stoll(argv[++i]);
    } else if (i + 1 < argc && flag == "--layer") {
      options.layer = std::stoll(argv[++i]);
    } else if (i + 1 < argc && flag == "--threads") {
      options.threads = std::stoi(argv[++i]);
    } else if (i + 1 < argc && flag == "--rounds") {
      options.rounds = std::stoi(argv[++i]);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const c10::InferenceMode inference;
  const int threads = options.threads > 0 ? options.threads : omp_get_max_threads();
  at::set_num_threads(threads);
  const bench::Model model(kShape);
  Decoder f32(model.spec(options.layer, false), 0), bf16(model.spec(options.layer, true), 0);
  ScoreRequest request;
  for (int64_t n = 0; n < options.length; ++n) request.ids.push_back(static_cast<int32_t>(n * 7919 % kShape.vocab));
  request.lengths = {options.length};
  request.k = {options.length / 4};
  const auto run = [&](Decoder& decoder, std::vector<int64_t> layers) {
    request.layers = std::move(layers);
    score(decoder, request, {threads, nullptr});
  };
  const int64_t last = options.layer, before = std::max<int64_t>(1, last - 1);
  double gemm = 1e9, onednn = 1e9, whole = 1e9, half = 1e9, two = 1e9;
  const auto best = [&](double& seconds_of, const std::function<void()>& work) {
    seconds_of = std::min(seconds_of, seconds(threads, work));
  };
  for (int round = 0; round < options.rounds; ++round) {
    best(gemm, bench::torch_sgemm);
    if (bench::torch_has_onednn()) best(onednn, bench::torch_sgemm_onednn);
    best(whole, [&] { run(f32, {last}); });
    best(gemm, bench::torch_sgemm);
    if (bench::torch_has_onednn()) best(onednn, bench::torch_sgemm_onednn);
    best(two, [&] { run(f32, {before, last}); });
    best(half, [&] { run(bf16, {last}); });
  }
  const auto length = static_cast<double>(options.length);
  const double flops = static_cast<double>(last) * layer_flops(length) + last_flops(length);
  const double floor = flops * gemm / bench::gemm_flops();
  const std::string what = "layers 0.." + std::to_string(last) + " L" + std::to_string(options.length);
  const auto print = [&](const std::string& name, double value, const char* unit, double ratio, const std::string& to) {
    bench::print_row(options.json, name, value, unit, ratio, to);
  };
  const std::string floor_name = "decoder floor " + what, f32_name = "decoder f32 " + what;
  print("decoder sgemm", bench::gemm_flops() / gemm / 1e9, "GFLOP/s", 0, "");
  print(floor_name, floor, "s", 0, "");
  if (bench::torch_has_onednn()) {
    print("decoder sgemm by oneDNN", bench::gemm_flops() / onednn / 1e9, "GFLOP/s", gemm / onednn, "decoder sgemm");
    print("decoder floor by oneDNN " + what, floor * onednn / gemm, "s", onednn / gemm, floor_name);
  }
  print(f32_name, whole, "s", whole / floor, floor_name);
  print("decoder bf16 " + what, half, "s", half / whole, f32_name);
  print("decoder one layer run f32", whole / static_cast<double>(last), "s", 0, "");
  print("decoder one layer run bf16", half / static_cast<double>(last), "s", 0, "");
  print("decoder one more layer scored f32", std::max(0.0, two - whole), "s", 0, "");
  return 0;
}
