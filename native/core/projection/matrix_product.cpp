// Packing takes about a fiftieth of the products of four thousand rows, so it is done anew in every call.
#include "projection/matrix_product.h"

#include <algorithm>

#include "attention/aligned_buffer.h"
#include "attention_stats.h"
#include "projection/kernel.h"

namespace longattn::projection {
namespace {

constexpr int64_t kScratchBytes = int64_t{8} << 20;  // panels packed at a time: enough tasks for many threads

// A task is so many rows by so many panels: its rows stay in the second-level cache while the panels go by.
constexpr int64_t kTaskRows = 96, kTaskPanels = 8;

// Some rows times the panel that begins at `output`. out: of the first row.
void multiply_panel(const Kernel& use, const Matrix& weight, const float* bias, const float* x, int64_t rows,
                    const float* panel, int64_t output, float* out) {
  const int64_t inputs = weight.inputs, outputs = weight.outputs, width = std::min(kPanel, outputs - output);
  alignas(64) float edge[kTaskRows * kPanel];
  float* const to = out + output;
  if (width == kPanel) {
    use.tile(x, inputs, rows, panel, inputs, to, outputs);
  } else {
    use.tile(x, inputs, rows, panel, inputs, edge, kPanel);
    for (int64_t r = 0; r < rows; ++r) std::copy_n(edge + r * kPanel, width, to + r * outputs);
  }
  if (bias == nullptr) return;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < width; ++c) to[r * outputs + c] += bias[output + c];
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
  const int64_t pieces = (inputs + kInputBlock - 1) / kInputBlock, row_tasks = (count + kTaskRows - 1) / kTaskRows;
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
    const int64_t panel_tasks = (here + kTaskPanels - 1) / kTaskPanels;
    // In steps of one: of others Clang counts the turns unsigned, for which the portable runtime has no dispatch.
#pragma omp for collapse(2) schedule(dynamic)
    for (int64_t row_task = 0; row_task < row_tasks; ++row_task) {
      for (int64_t panel_task = 0; panel_task < panel_tasks; ++panel_task) {
        if (is_cancelled(cancel)) continue;
        const int64_t row = row_task * kTaskRows, rows = std::min(kTaskRows, count - row);
        const int64_t begin = panel_task * kTaskPanels, end = std::min(begin + kTaskPanels, here);
        for (int64_t p = begin; p < end; ++p) {
          multiply_panel(use, weight, bias, x + row * inputs, rows, packed.get() + p * panel_floats,
                         (first + p) * kPanel, out + row * outputs);
        }
      }
    }
  }
  poll(cancel);
}

}  // namespace longattn::projection
