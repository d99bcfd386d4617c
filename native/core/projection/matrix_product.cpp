// Packing takes about a hundredth of the products of a thousand rows, so it is done anew in every call.
#include "projection/matrix_product.h"

#include <algorithm>

#include "attention/aligned_buffer.h"
#include "attention_stats.h"
#include "projection/kernel.h"

namespace longattn::projection {
namespace {

constexpr int64_t kScratchBytes = int64_t{8} << 20;  // panels packed at a time: enough tasks for many threads

// Columns of a product of `rows` rows: from the tile's buffer to where they belong.
void store(const float* from, int64_t rows, int64_t width, const float* bias, float* to, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < width; ++c) to[r * stride + c] = from[r * kPanel + c] + (bias == nullptr ? 0 : bias[c]);
  }
}

}  // namespace

bool has_vector_tile() {
  return kernel().vector;
}

void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, float* out) {
  const Kernel& use = kernel();
  const int64_t inputs = weight.inputs, outputs = weight.outputs;
  const int64_t panels = (outputs + kPanel - 1) / kPanel, panel_floats = inputs * kPanel;
  const int64_t together = std::clamp<int64_t>(kScratchBytes / (panel_floats * 4), 1, panels);
  const int64_t chunks = (count + kMaxRows - 1) / kMaxRows, pieces = (inputs + kInputBlock - 1) / kInputBlock;
  const auto packed = attention::make_aligned<float>(together * panel_floats);
#pragma omp parallel num_threads(threads)
  for (int64_t first = 0; first < panels; first += together) {
    const int64_t here = std::min(together, panels - first);
#pragma omp for collapse(2) schedule(static)
    for (int64_t p = 0; p < here; ++p) {
      for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t output = (first + p) * kPanel, input = piece * kInputBlock;
        use.pack(weight.data + output * inputs + input, inputs, std::min(kPanel, outputs - output),
                 std::min(kInputBlock, inputs - input), packed.get() + p * panel_floats + input * kPanel);
      }
    }
#pragma omp for collapse(2) schedule(dynamic)
    for (int64_t p = 0; p < here; ++p) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        if (is_cancelled(cancel)) continue;
        const int64_t row = chunk * kMaxRows, rows = std::min(kMaxRows, count - row), output = (first + p) * kPanel;
        alignas(64) float sums[kMaxRows * kPanel];
        use.tile(x + row * inputs, inputs, rows, packed.get() + p * panel_floats, inputs, sums);
        store(sums, rows, std::min(kPanel, outputs - output), bias == nullptr ? nullptr : bias + output,
              out + row * outputs + output, outputs);
      }
    }
  }
  poll(cancel);
}

}  // namespace longattn::projection
