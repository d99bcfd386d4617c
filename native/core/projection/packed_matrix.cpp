// Packs rows into panels and spreads (row chunk, panel) pairs over threads.
#include "projection/packed_matrix.h"

#include <omp.h>

#include <algorithm>

#include "checkpoint/float_convert.h"
#include "projection/kernel.h"

namespace longattn::projection {

PackedMatrix::PackedMatrix(DType type, int64_t inputs, const std::vector<int64_t>& part_rows,
                           const std::function<void(int64_t, int64_t, float*)>& row)
    : type_(type), inputs_(inputs), panel_bytes_(inputs * kPanel * bytes_of(type)) {
  int64_t panels = 0;
  for (const int64_t rows : part_rows) {
    parts_.push_back({rows, panels, (rows + kPanel - 1) / kPanel});
    panels += parts_.back().panels;
  }
  panels_ = attention::make_aligned<unsigned char>(panels * panel_bytes_);
  std::vector<float> values(static_cast<size_t>(inputs));
  std::vector<float> wide(static_cast<size_t>(inputs * kPanel));
  for (int64_t p = 0; p < parts(); ++p) {
    for (int64_t first = 0; first < parts_[p].rows; first += kPanel) {
      std::fill(wide.begin(), wide.end(), 0.0f);
      for (int64_t r = first; r < std::min(first + kPanel, parts_[p].rows); ++r) {
        row(p, r, values.data());
        for (int64_t i = 0; i < inputs; ++i) wide[i * kPanel + r - first] = values[i];
      }
      const int64_t index = parts_[p].first_panel + first / kPanel;
      from_float32(type_, wide.data(), inputs * kPanel, panels_.get() + index * panel_bytes_);
    }
  }
}

void PackedMatrix::multiply(int64_t part, const float* x, int64_t count, int threads,
                            const std::function<float*(int64_t)>& out_row) const {
  const Tile tile = kernel().tile;
  const Part& p = parts_[part];
  const int64_t chunks = (count + kMaxRows - 1) / kMaxRows;
  const bool stored_wide = type_ == DType::f32;
  // Before the threads: what cannot be allocated among them ends the process.
  std::vector<attention::AlignedBuffer<float>> buffers;
  for (int thread = 0; thread < threads; ++thread) {
    buffers.push_back(attention::make_aligned<float>(stored_wide ? 0 : inputs_ * kPanel));
  }
#pragma omp parallel num_threads(threads)
  {
    const auto& wide = buffers[omp_get_thread_num()];
    int64_t widened = -1;  // panel of the part that `wide` holds
#pragma omp for collapse(2) schedule(dynamic)
    for (int64_t index = 0; index < p.panels; ++index) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        const unsigned char* stored = panel(p.first_panel + index);
        if (!stored_wide && widened != index) {
          to_float32(type_, stored, inputs_ * kPanel, wide.get());
          widened = index;
        }
        const int64_t first = chunk * kMaxRows;
        const int64_t rows = std::min(kMaxRows, count - first);
        const int64_t width = std::min(kPanel, p.rows - index * kPanel);
        alignas(64) float out[kMaxRows * kPanel];
        tile(x + first * inputs_, inputs_, rows, stored_wide ? reinterpret_cast<const float*>(stored) : wide.get(),
             inputs_, out, kPanel);
        for (int64_t r = 0; r < rows; ++r) {
          std::copy_n(out + r * kPanel, width, out_row(first + r) + index * kPanel);
        }
      }
    }
  }
}

}  // namespace longattn::projection
