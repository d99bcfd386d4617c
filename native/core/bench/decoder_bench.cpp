// What the layers below cost: a decoder at the shape of SmolLM2-135M, beside the floor that its matrix products would
// take at the speed of libtorch's own sgemm, measured in the same process, turn by turn.
//
//   longattn_decoder_bench [--length 4096] [--layer 16] [--threads 0] [--rounds 5] [--quick] [--json]
//
// Weights are random and every layer names the same bytes of one temporary file; each has a copy of its own in memory
// all the same, because they are converted from F16. Times are process CPU time over threads, best of the rounds.
#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "decoder/aten.h"
#include "decoder/decoder.h"
#include "peers_torch.h"
#include "row.h"
#include "scorer.h"

namespace {

using namespace longattn;

constexpr int64_t kHidden = 576, kHeads = 9, kKvHeads = 3, kDim = 64, kWidth = 1536, kVocab = 4096;

struct Options {
  int64_t length = 4096;
  int64_t layer = 16;
  int threads = 0;
  int rounds = 5;
  bool json = false;
};

// A file of random weights and the specs that read it.
class Model {
 public:
  Model() {
    std::vector<at::Tensor> parts;
    std::normal_distribution<float> normal(0, 0.04F);
    std::mt19937 generator(1);
    std::ofstream file(path_, std::ios::binary);
    const int64_t largest = std::max(kVocab * kHidden, kWidth * kHidden);
    at::Tensor values = at::empty({largest}, at::kFloat);
    float* data = values.data_ptr<float>();
    for (int64_t i = 0; i < largest; ++i) data[i] = normal(generator);
    for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
      const at::Tensor half = values.to(type);
      file.write(static_cast<const char*>(half.const_data_ptr()), largest * 2);
    }
    bytes_ = largest * 2;
  }
  ~Model() { std::remove(path_.c_str()); }

  ModelSpec spec(int64_t layers, bool bf16) const {
    std::string text =
        "longattn-model 1\nset architecture bench\nset layers 64\nset hidden 576\nset vocab 4096\nset heads 9\nset "
        "kv_heads 3\n"
        "set head_dim 64\nset value_dim 64\nset embed.scale 1\nset embed.norm 0\nset norm.kind rms\nset norm.eps "
        "0.00001\n"
        "set norm.plus_one 0\nset attention.scale 0.125\nset attention.softcap 0\nset attention.window 0\nset "
        "attention.clip 0\n"
        "set qk_norm.kind none\nset positions none\nset rope main\nset rope.main.type default\nset rope.main.theta "
        "100000\n"
        "set rope.main.dim 64\nset rope.main.offset 0\nset rope.main.interleaved 0\nset rope.main.attention_factor 1\n"
        "set block.norms mlp_norm\nset block.norm.kind rms\nset block.norm.eps 0.00001\nset block.norm.plus_one 0\n"
        "set block.parallel 0\nset block.residual_scale 1\nset block.residual_from_norm 0\nset mlp.kind gated\n"
        "set mlp.activation silu\n";
    text += bf16 ? "set forward.dtype bf16\n" : "set forward.dtype f32\n";
    const auto add = [&](const std::string& role, const std::string& shape) {
      text += "tensor " + role + (bf16 ? " BF16 " : " F16 ") + shape + " " + std::to_string(bf16 ? bytes_ : 0) + " " +
              path_ + "\n";
    };
    add("embed", "4096x576");
    for (int64_t n = 0; n <= layers; ++n) {
      const std::string layer = "layers." + std::to_string(n) + ".";
      add(layer + "norm", "576");
      add(layer + "q", "576x576");
      add(layer + "k", "192x576");
      if (n == layers) break;
      add(layer + "mlp_norm", "576");
      add(layer + "v", "192x576");
      add(layer + "o", "576x576");
      add(layer + "gate", "1536x576");
      add(layer + "up", "1536x576");
      add(layer + "down", "576x1536");
    }
    return parse_model_spec(text);
  }

 private:
  std::string path_ = "/tmp/longattn-decoder-bench-" + std::to_string(getpid()) + ".bin";
  int64_t bytes_ = 0;
};

// Floating-point operations of the products of one layer that is run; of causal attention half a square.
double layer_flops(double length) {
  const double linear = 2.0 * length * kHidden * (2 * kHeads * kDim + 2 * kKvHeads * kDim + 3 * kWidth);
  return linear + 2.0 * kDim * kHeads * length * length;  // Q K^T and P V, half a square each
}

// Of the layer that is asked for: its Q and K, and Q K^T.
double last_flops(double length) {
  return 2.0 * length * kHidden * (kHeads + kKvHeads) * kDim + 1.0 * kDim * kHeads * length * length;
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
  const Model model;
  Decoder f32(model.spec(options.layer, false), 0), bf16(model.spec(options.layer, true), 0);
  ScoreRequest request;
  for (int64_t n = 0; n < options.length; ++n) request.ids.push_back(static_cast<int32_t>(n * 7919 % kVocab));
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
