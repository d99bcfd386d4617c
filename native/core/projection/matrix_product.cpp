// Packing takes about a fiftieth of the products of four thousand rows, so it is done anew in every call.
#include "projection/matrix_product.h"

#include <omp.h>

#include <algorithm>

#include "attention/aligned_buffer.h"
#include "attention_stats.h"
#include "projection/kernel.h"
#include "projection/round.h"

namespace longattn::projection {
namespace {

constexpr int64_t kScratchBytes = int64_t{8} << 20;  // panels packed at a time: enough tasks for many threads

// A task is so many rows by so many panels: its rows stay in the second-level cache while the panels go by.
constexpr int64_t kTaskRows = 96, kTaskPanels = 8;

class Product {
 public:
  Product(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
          attention::KeptBuffer<float>& rounded, float* out)
      : use_(kernel()),
        weight_(weight),
        bias_(bias),
        x_(x),
        count_(count),
        threads_(threads),
        out_(out),
        panels_((weight.outputs + kPanel - 1) / kPanel),
        panel_floats_(weight.inputs * kPanel),
        together_(std::clamp<int64_t>(kScratchBytes / (panel_floats_ * 4), 1, panels_)),
        row_tasks_((count + kTaskRows - 1) / kTaskRows),
        alone_(rounds() && together_ == panels_ && row_tasks_ >= 16 * threads),
        packed_(attention::make_aligned<float>(together_ * panel_floats_)),
        rounded_(rounds() ? rounded.of((alone_ ? threads * kTaskRows : count) * weight.inputs) : nullptr) {}

  void run(const std::atomic<bool>* cancel) const {
    const int64_t pieces = (weight_.inputs + kInputBlock - 1) / kInputBlock;
#pragma omp parallel num_threads(threads_)
    {
      if (rounds() && !alone_) {
#pragma omp for schedule(static)
        for (int64_t row = 0; row < count_; ++row) {
          const int64_t first = row * weight_.inputs;
          round_to(weight_.type, x_ + first, weight_.inputs, rounded_ + first);
        }
      }
      for (int64_t first = 0; first < panels_; first += together_) {
        const int64_t here = std::min(together_, panels_ - first);
#pragma omp for collapse(2) schedule(static)
        for (int64_t p = 0; p < here; ++p) {
          for (int64_t piece = 0; piece < pieces; ++piece) {
            const int64_t input = piece * kInputBlock;
            pack((first + p) * kPanel, input, packed_.get() + p * panel_floats_ + input * kPanel);
          }
        }
        const int64_t task_panels = alone_ ? here : kTaskPanels, panel_tasks = (here + task_panels - 1) / task_panels;
        // In steps of one: of others Clang counts the turns unsigned, for which the portable runtime has no dispatch.
#pragma omp for collapse(2) schedule(dynamic)
        for (int64_t row_task = 0; row_task < row_tasks_; ++row_task) {
          for (int64_t panel_task = 0; panel_task < panel_tasks; ++panel_task) {
            if (is_cancelled(cancel)) continue;
            const float* x = rows_of(row_task);
            const int64_t begin = panel_task * task_panels, end = std::min(begin + task_panels, here);
            for (int64_t p = begin; p < end; ++p) multiply_panel(x, row_task * kTaskRows, first, p);
          }
        }
      }
    }
    poll(cancel);
  }

 private:
  bool rounds() const { return weight_.type != Stored::f32; }

  // At most kInputBlock inputs, from `input` on, of the weights of the panel that begins at `output`.
  void pack(int64_t output, int64_t input, float* panel) const {
    const int64_t rows = std::min(kPanel, weight_.outputs - output),
                  inputs = std::min(kInputBlock, weight_.inputs - input);
    const auto* data = static_cast<const unsigned char*>(weight_.data);
    const int64_t skipped = (output * weight_.inputs + input) * (weight_.type == Stored::f32 ? 4 : 2);
    use_.pack(weight_.type, data + skipped, weight_.inputs, rows, inputs, panel);
  }

  const float* rows_of(int64_t row_task) const {
    const int64_t row = row_task * kTaskRows, inputs = weight_.inputs;
    if (!rounds()) return x_ + row * inputs;
    if (!alone_) return rounded_ + row * inputs;
    float* const own = rounded_ + omp_get_thread_num() * kTaskRows * inputs;
    round_to(weight_.type, x_ + row * inputs, std::min(kTaskRows, count_ - row) * inputs, own);
    return own;
  }

  // A task's rows, which begin at `row`, times panel p of those that are packed, which begin at panel `first`.
  void multiply_panel(const float* x, int64_t row, int64_t first, int64_t p) const {
    const int64_t inputs = weight_.inputs, outputs = weight_.outputs, output = (first + p) * kPanel;
    const int64_t rows = std::min(kTaskRows, count_ - row), width = std::min(kPanel, outputs - output);
    const float* const panel = packed_.get() + p * panel_floats_;
    alignas(64) float edge[kTaskRows * kPanel];
    float* const to = out_ + row * outputs + output;
    if (width == kPanel) {
      use_.tile(x, inputs, rows, panel, inputs, to, outputs);
    } else {
      use_.tile(x, inputs, rows, panel, inputs, edge, kPanel);
      for (int64_t r = 0; r < rows; ++r) std::copy_n(edge + r * kPanel, width, to + r * outputs);
    }
    if (bias_ == nullptr) return;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < width; ++c) to[r * outputs + c] += bias_[output + c];
    }
  }

  const Kernel& use_;
  const Matrix& weight_;
  const float* bias_;
  const float* x_;
  const int64_t count_;
  const int threads_;
  float* out_;
  const int64_t panels_;
  const int64_t panel_floats_;
  const int64_t together_;  // panels packed at a time
  const int64_t row_tasks_;
  // One thread takes all panels of its rows and rounds them as it comes to them, while they are in its cache. Not where
  // they come again with other panels, or would not keep all threads busy: then all rows are rounded before.
  const bool alone_;
  const attention::AlignedBuffer<float> packed_;
  float* const rounded_;  // [kTaskRows a thread, or all rows][inputs]
};

}  // namespace

bool has_vector_tile() {
  return kernel().vector;
}

void multiply(const Matrix& weight, const float* bias, const float* x, int64_t count, int threads,
              const std::atomic<bool>* cancel, attention::KeptBuffer<float>& rounded, float* out) {
  Product(weight, bias, x, count, threads, rounded, out).run(cancel);
}

}  // namespace longattn::projection
