// Packs rows into panels and spreads (row chunk, panel) pairs over threads.
#include "packed_matrix.h"

#include <algorithm>

#include "kernel.h"

namespace longattn::projection {
PackedMatrix::PackedMatrix(int64_t inputs, const std::vector<int64_t>& part_rows,
                           const std::function<void(int64_t, int64_t, float*)>& row)
    : inputs_(inputs) {
  int64_t panels = 0;
  for (const int64_t rows : part_rows) {
    parts_.push_back({rows, panels, (rows + kPanel - 1) / kPanel});
    panels += parts_.back().panels;
  }
  panels_ = attention::make_aligned<float>(panels * inputs * kPanel);
  std::fill_n(panels_.get(), panels * inputs * kPanel, 0.0f);
  std::vector<float> values(static_cast<size_t>(inputs));
  for (int64_t p = 0; p < parts(); ++p) {
    for (int64_t r = 0; r < parts_[p].rows; ++r) {
      row(p, r, values.data());
      float* panel = panels_.get() + (parts_[p].first_panel + r / kPanel) * inputs * kPanel + r % kPanel;
      for (int64_t i = 0; i < inputs; ++i) panel[i * kPanel] = values[i];
    }
  }
}

void PackedMatrix::multiply(int64_t part, const float* x, int64_t count, int threads,
                            const std::function<float*(int64_t)>& out_row) const {
  const Tile tile = kernel().tile;
  const Part& p = parts_[part];
  const int64_t chunks = (count + kMaxRows - 1) / kMaxRows;
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(threads)
  for (int64_t panel = 0; panel < p.panels; ++panel) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const int64_t first = chunk * kMaxRows;
      const int64_t rows = std::min(kMaxRows, count - first);
      const int64_t width = std::min(kPanel, p.rows - panel * kPanel);
      alignas(64) float out[kMaxRows * kPanel];
      tile(x + first * inputs_, inputs_, rows, panels_.get() + (p.first_panel + panel) * inputs_ * kPanel, inputs_,
           out);
      for (int64_t r = 0; r < rows; ++r) {
        std::copy_n(out + r * kPanel, width, out_row(first + r) + panel * kPanel);
      }
    }
  }
}

}  // namespace longattn::projection
