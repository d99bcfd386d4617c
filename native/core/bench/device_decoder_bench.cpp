// What the layers below and the losses cost on a device, at the shape of Llama-3.1-8B with random weights. JSON lines.
//
//   longattn_device_decoder_bench [--device cuda] [--layer 16] [--length 32768] [--rounds 3] [--shape 8B|tiny]
//
// Wall time, medians after a warm-up: each measurement ends with numbers on the CPU, so it holds all that the device
// was given. `--device torch-cpu --shape tiny` runs the same code where there is no GPU; its times say nothing of one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "decoder/decoder.h"
#include "device/aten.h"
#include "device/device.h"
#include "device/stats/device_stats.h"
#include "error.h"
#include "model.h"
#include "windows/scorer.h"

namespace {

using namespace longattn;

struct Shape {
  const char* name;
  bench::ModelShape model;
};
// The vocabulary is a quarter of the model's own 128,256: the time of a loss's head grows with it.
constexpr Shape kShapes[] = {{"8B", {4096, 32, 8, 128, 14336, 32064}}, {"tiny", {64, 4, 2, 16, 128, 256}}};

struct Options {
  std::string device = "cuda";
  int64_t layer = 16, length = 32768, rounds = 3;
  Shape shape = kShapes[0];
};

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: longattn_device_decoder_bench [--device D] [--layer N] [--length L] [--rounds R] [--shape "
               "8B|tiny]\n");
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    const auto* shape = std::find_if(std::begin(kShapes), std::end(kShapes), [&](auto& s) { return value == s.name; });
    if (flag == "--device") {
      options.device = value;
    } else if (flag == "--layer") {
      options.layer = std::atoll(value.c_str());
    } else if (flag == "--length") {
      options.length = std::atoll(value.c_str());
    } else if (flag == "--rounds") {
      options.rounds = std::atoll(value.c_str());
    } else if (flag == "--shape" && shape != std::end(kShapes)) {
      options.shape = *shape;
    } else {
      usage();
    }
  }
  if (options.layer < 1 || options.length < 8 || options.rounds < 1) usage();
  return options;
}

class Bench {
 public:
  Bench(const Options& options, const Placement& placement)
      : o_(options),
        stats_(placement),
        model_(options.shape.model),
        decoder_(model_.spec(options.layer, true, true), 0, placement) {
    for (int64_t n = 0; n < o_.length; ++n)
      request_.ids.push_back(static_cast<int32_t>(n * 7919 % o_.shape.model.vocab));
    request_.lengths = {o_.length};
    request_.k = {o_.length / 4};
    request_.layers = {o_.layer};
  }

  void run() {
    const std::string layers = "layers 0.." + std::to_string(o_.layer);
    ProviderOptions without, with;
    // A number of Q and K on the CPU, so that their layers have ended.
    without.statistics = [&](const AttentionProblem& p, const AttentionOptions&) {
      std::vector<float> row(p.dim);
      p.mutable_source->prepare_group(0);
      p.source->queries(0, p.length - 1, 1, row.data());
      return [] { return AttentionStats(); };
    };
    with.statistics = [&](const AttentionProblem& p, const AttentionOptions& o) { return stats_(p, o); };
    time("decoder " + layers, [&] { score(decoder_, request_, without); });
    time("decoder " + layers + ", scored", [&] { score(decoder_, request_, with); });
    time("losses, " + layers, [&] { decoder_.losses(request_.ids.data(), o_.length, 0, {}); });
    time("losses near L/4, " + layers, [&] { decoder_.losses(request_.ids.data(), o_.length, o_.length / 4, {}); });
  }

 private:
  void time(const std::string& name, const std::function<void()>& work) {
    std::printf("{\"decoder\":\"%s\",\"shape\":\"%s\",\"dtype\":\"bf16\",\"length\":%lld,", name.c_str(), o_.shape.name,
                static_cast<long long>(o_.length));
    try {
      work();
      std::vector<double> times;
      for (int64_t round = 0; round < o_.rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        work();
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      }
      std::nth_element(times.begin(), times.begin() + o_.rounds / 2, times.end());
      const double seconds = times[o_.rounds / 2];
      std::printf("\"ms\":%.2f,\"tokens_a_second\":%.0f,\"out_of_memory\":%.0f}\n", seconds * 1e3,
                  static_cast<double>(o_.length) / seconds, decoder_.counters()["decoderOutOfMemory"]);
    } catch (const Error& error) {
      std::printf("\"error\":\"%s\"}\n", error.code);
    }
    std::fflush(stdout);
  }

  const Options& o_;
  DeviceStats stats_;
  const bench::Model model_;
  Decoder decoder_;
  ScoreRequest request_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  try {
    Bench(options, placements(options.device).front()).run();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code, error.what());
    return 4;
  }
  return 0;
}
