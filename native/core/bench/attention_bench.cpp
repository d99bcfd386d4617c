// How fast the attention kernels are, beside what libtorch reaches on the same machine in the same minute.
//
//   longattn_bench [--length 16384] [--rounds 7] [--threads 0] [--quick] [--json]
//
// Every row is the best of several rounds that take turns, so that a change of clock or a neighbour hits all alike. A
// rate is 2*d*H*L^2/2 products a second of process CPU time divided by the threads: time that waiting threads burn
// counts.
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "memory_peak.h"
#include "peers_torch.h"
#include "random_window.h"
#include "row.h"

namespace {

using namespace longattn;
using namespace longattn::bench;

struct Settings {
  int64_t length = 16384;
  int rounds = 7;
  int threads = 0;
  bool json = false, quick = false;
};

struct Row {
  std::string name;
  double flops;          // of one run
  std::string ratio_to;  // name of the row that the ratio is to; empty: none
  int rounds;            // at most
  std::function<void()> run;
  double seconds = 1e300;  // best, CPU time over threads
  double rate() const { return flops / seconds; }
};

Settings parse(int argc, char** argv) {
  Settings s;
  for (int i = 1; i < argc; ++i) {
    const auto number = [&] { return i + 1 < argc ? std::atoll(argv[++i]) : 0; };
    if (std::strcmp(argv[i], "--json") == 0)
      s.json = true;
    else if (std::strcmp(argv[i], "--quick") == 0)
      s.quick = true, s.length = 2048, s.rounds = 3;
    else if (std::strcmp(argv[i], "--length") == 0)
      s.length = number();
    else if (std::strcmp(argv[i], "--rounds") == 0)
      s.rounds = static_cast<int>(number());
    else if (std::strcmp(argv[i], "--threads") == 0)
      s.threads = static_cast<int>(number());
    else
      s.length = 0;
  }
  if (s.length < 256 || s.rounds < 1 || s.threads < 0) {
    std::fprintf(stderr, "usage: longattn_bench [--length N >= 256] [--rounds N] [--threads N] [--quick] [--json]\n");
    std::exit(2);
  }
  return s;
}

AttentionOptions groups(bool entropy, bool far_peak, bool token_far, int threads) {
  AttentionOptions o;
  o.threads = threads;
  o.entropy = entropy;
  o.far_peak = far_peak;
  o.token_far = token_far;
  return o;
}

AttentionStats run_kernel(const std::string& kernel, RandomWindow& window, const AttentionOptions& options) {
  setenv("LONGATTN_CPU_KERNEL", kernel.c_str(), 1);
  return attention_stats(window.problem(), options);
}

// A peer that computes something else would be no peer.
void check(const std::string& name, const FarSums& got, RandomWindow& window) {
  const HeadStats want = run_kernel(attention_kernels().front(), window, groups(false, false, false, 0)).heads[0];
  if (std::fabs(got.mass / want.far_mass - 1) < 1e-3 && std::fabs(got.squares / want.far_squares - 1) < 1e-2) return;
  std::fprintf(stderr, "%s: far mass %g is not %g, or squares %g not %g\n", name.c_str(), got.mass, want.far_mass,
               got.squares, want.far_squares);
  std::exit(1);
}

void add_shape(std::vector<Row>& rows, RandomWindow& window, const Settings& s) {
  const Shape& shape = window.shape;
  const std::string suffix = " H" + std::to_string(shape.heads) + "/" + std::to_string(shape.kv_heads) + " d" +
                             std::to_string(shape.dim) + " L" + std::to_string(shape.length);
  const int threads = s.threads;
  for (const std::string& kernel : attention_kernels()) {
    if (kernel == "reference") continue;
    const bool slow = kernel == "portable";
    rows.push_back({kernel + suffix, shape.flops(), kernel == "avx512bf16" ? "bf16 gemm" : "sgemm", slow ? 2 : s.rounds,
                    [&window, kernel, threads] { run_kernel(kernel, window, groups(true, true, false, threads)); }});
  }
  const std::string best = attention_kernels().front(), base = best + " far mass and squares only" + suffix;
  const auto variant = [&](const std::string& name, const std::string& to, bool entropy, bool peak, bool token) {
    rows.push_back({name, shape.flops(), to, s.rounds, [&window, best, threads, entropy, peak, token] {
                      run_kernel(best, window, groups(entropy, peak, token, threads));
                    }});
  };
  variant(base, "sgemm", false, false, false);
  variant(best + " with entropy" + suffix, base, true, false, false);
  variant(best + " with far peak" + suffix, base, false, true, false);
  variant(best + " with token far" + suffix, base, false, false, true);
  variant(best + " with all defaults" + suffix, base, true, true, false);
  rows.push_back({"libtorch blocked" + suffix, shape.flops(), "sgemm", 2,
                  [&window] { check("libtorch blocked", torch_blocked(window), window); }});
  rows.push_back(
      {"libtorch flash logsumexp" + suffix, shape.flops(), "sgemm", 2, [&window] { torch_flash_logsumexp(window); }});
}

void measure(std::vector<Row>& rows, int rounds, int threads) {
  for (int round = 0; round <= rounds; ++round)  // round 0 warms up
    for (Row& row : rows) {
      if (round > row.rounds) continue;
      const double start = cpu_seconds();
      row.run();
      if (round > 0) row.seconds = std::min(row.seconds, (cpu_seconds() - start) / threads);
    }
}

void print_memory(const Settings& s, const Shape& shape) {
  std::unique_ptr<RandomWindow> window;
  for (const std::string& kernel : attention_kernels()) {
    if (kernel == "reference" || kernel == "portable") continue;
    const double bytes = peak_bytes([&] { window = std::make_unique<RandomWindow>(shape); },
                                    [&] { run_kernel(kernel, *window, groups(true, true, false, s.threads)); });
    const std::string name = kernel + " memory H" + std::to_string(shape.heads) + "/" + std::to_string(shape.kv_heads) +
                             " d" + std::to_string(shape.dim) + " L" + std::to_string(shape.length);
    if (bytes >= 0) print_row(s.json, name, bytes / 1e6, "MB", 0, "");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = parse(argc, argv);
  // Memory first: it forks, which must happen before any thread runs.
  print_memory(s, {s.length * 2, 9, 3, 64});
  print_memory(s, {s.length * 2, 32, 8, 128});

  const int threads = s.threads > 0 ? s.threads : omp_get_max_threads();
  torch_threads(threads);
  RandomWindow small({s.length, 9, 3, 64}), large({s.length, 8, 2, 128});
  std::vector<Row> rows;
  rows.push_back({"sgemm", gemm_flops(), "", s.rounds, torch_sgemm});
  // The float32 product that libtorch has besides: MKL uses AVX2 only on an AMD CPU, oneDNN what the CPU has.
  if (torch_has_onednn()) rows.push_back({"sgemm by oneDNN", gemm_flops(), "sgemm", s.rounds, torch_sgemm_onednn});
  rows.push_back({"bf16 gemm", gemm_flops(), "sgemm", s.rounds, torch_bf16_gemm});
  add_shape(rows, small, s);
  add_shape(rows, large, s);
  check("libtorch flash logsumexp", torch_flash_logsumexp(small), small);
  measure(rows, s.rounds, threads);
  for (const Row& row : rows) {
    const auto to =
        std::find_if(rows.begin(), rows.end(), [&](const Row& other) { return other.name == row.ratio_to; });
    print_row(s.json, row.name, row.rate() / 1e9, "GFLOP/s", to == rows.end() ? 0 : row.rate() / to->rate(),
              row.ratio_to);
  }
  return 0;
}
