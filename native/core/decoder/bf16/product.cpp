// All of x and some panels of the matrix are packed for all threads. A task is a rectangle of the output, piece by
// piece of the inputs, so that its strips and panels stay in the second-level cache. An output is one chain over the
// inputs, whatever the pieces.
#include "decoder/bf16/product.h"

#include <algorithm>

#include "attention_stats.h"
#include "decoder/bf16/tile.h"
#include "simd/cpu_features.h"
#include "simd/cpu_kernel.h"

namespace longattn::bf16 {
namespace {

constexpr int64_t kTaskStrips = 8, kTaskPanels = 4, kPieceSteps = 48;
constexpr int64_t kTaskRows = kTaskStrips * kSide, kTaskOutputs = kTaskPanels * kSide;
constexpr int64_t kPackedBytes = int64_t{8} << 20;  // of panels: enough tasks for many threads

int64_t divide_up(int64_t x, int64_t by) {
  return (x + by - 1) / by;
}

class Product {
 public:
  Product(const Matrix& weight, const float* bias, const float* x, int64_t count, Scratch& scratch, float* out)
      : weight_(weight),
        bias_(bias),
        x_(x),
        count_(count),
        out_(out),
        steps_(divide_up(weight.inputs, kSide)),
        packed_pairs_(steps_ * kStepPairs),
        panels_(divide_up(weight.outputs, kSide)),
        together_(std::clamp(kPackedBytes / (packed_pairs_ * 4) / kTaskPanels * kTaskPanels, kTaskPanels,
                             divide_up(panels_, kTaskPanels) * kTaskPanels)),
        packed_x_(scratch.strips(strips() * packed_pairs_)),
        packed_weight_(scratch.panels(together_ * packed_pairs_)) {}

  void run(int threads, const std::atomic<bool>* cancel) {
#pragma omp parallel num_threads(threads)
    {
      alignas(64) float edge[kTaskRows * kTaskOutputs];
#pragma omp for schedule(static)
      for (int64_t s = 0; s < strips(); ++s) {
        const int64_t row = s * kSide;
        pack_strip(x_ + row * weight_.inputs, weight_.inputs, std::min(kSide, count_ - row), weight_.inputs,
                   packed_x_ + s * packed_pairs_);
      }
      for (int64_t first = 0; first < panels_; first += together_) {
        const int64_t here = std::min(together_, panels_ - first);
#pragma omp for schedule(static)
        for (int64_t p = 0; p < here; ++p) {
          const int64_t output = (first + p) * kSide;
          pack_panel(weight_.data + output * weight_.inputs, weight_.inputs, std::min(kSide, weight_.outputs - output),
                     weight_.inputs, packed_weight_ + p * packed_pairs_);
        }
#pragma omp for collapse(2) schedule(dynamic)
        for (int64_t s = 0; s < strips(); s += kTaskStrips) {
          for (int64_t p = 0; p < here; p += kTaskPanels) {
            if (!is_cancelled(cancel)) task(s, first, p, std::min(kTaskPanels, here - p), edge);
          }
        }
      }
    }
    poll(cancel);
  }

 private:
  int64_t strips() const { return divide_up(count_, kSide); }

  // Panels p .. p + panels - 1 of those that are packed, which begin at panel `first`.
  void task(int64_t s, int64_t first, int64_t p, int64_t panels, float* edge) const {
    const int64_t row = s * kSide, output = (first + p) * kSide;
    const int64_t rows = std::min(kTaskRows, count_ - row), width = std::min(panels * kSide, weight_.outputs - output);
    const bool whole = rows % kSide == 0 && width % kSide == 0;
    float* const out = out_ + row * weight_.outputs + output;
    Piece piece;
    piece.strip_stride = piece.panel_stride = packed_pairs_;
    piece.strip_count = divide_up(rows, kSide);
    piece.panel_count = panels;
    piece.out = whole ? out : edge;
    piece.out_stride = whole ? weight_.outputs : kTaskOutputs;
    for (int64_t step = 0; step < steps_; step += kPieceSteps) {
      piece.strips = packed_x_ + s * packed_pairs_ + step * kStepPairs;
      piece.panels = packed_weight_ + p * packed_pairs_ + step * kStepPairs;
      piece.steps = std::min(kPieceSteps, steps_ - step);
      piece.add = step > 0;
      multiply_piece(piece);
    }
    if (!whole) {
      for (int64_t r = 0; r < rows; ++r) std::copy_n(edge + r * kTaskOutputs, width, out + r * weight_.outputs);
    }
    if (bias_ == nullptr) return;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < width; ++c) out[r * weight_.outputs + c] += bias_[output + c];
    }
  }

  const Matrix& weight_;
  const float* bias_;
  const float* x_;
  const int64_t count_;
  float* out_;
  const int64_t steps_;
  const int64_t packed_pairs_;  // of a strip or panel
  const int64_t panels_;
  const int64_t together_;  // panels packed at a time
  uint32_t* const packed_x_;
  uint32_t* const packed_weight_;
};

}  // namespace

bool has_product() {
#if defined(__x86_64__)
  return simd::choose_cpu_kernel().bf16_tiles;
#else
  return false;
#endif
}

bool library_is_faster() {
  return simd::cpu_has_avx512_bf16();
}

void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, Scratch& scratch, float* out) {
  Product(weight, bias, x, count, scratch, out).run(threads, cancel);
}

}  // namespace longattn::bf16
