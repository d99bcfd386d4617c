// A weight matrix packed for the projection kernel, as several row ranges ("parts") that can be multiplied alone.
//
// It is kept in the type of the checkpoint, half the memory of float32, and widened a panel at a time: once a thread
// and panel, for all input rows of a call.
//
// Layer 0 makes one part a KV head (its query heads' rows, then its key rows), so that a window with more distinct
// tokens than the table holds needs scratch for one head group only.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "attention/aligned_buffer.h"
#include "checkpoint/model_spec.h"
#include "projection/tile.h"

namespace longattn::projection {

constexpr int64_t kMaxRows = 48;  // input rows that are multiplied at a time

class PackedMatrix {
 public:
  // part_rows[p] rows in part p. `row` writes row r of part p, [inputs] floats that `type` can hold, to `out`; it may
  // throw.
  PackedMatrix(DType type, int64_t inputs, const std::vector<int64_t>& part_rows,
               const std::function<void(int64_t part, int64_t row, float* out)>& row);

  int64_t inputs() const { return inputs_; }
  int64_t parts() const { return static_cast<int64_t>(parts_.size()); }
  int64_t rows(int64_t part) const { return parts_[part].rows; }

  // out row t = part * x row t, for `count` input rows x [count][inputs]; out_row(t) gives where it goes, [rows(part)].
  // Runs on `threads` threads.
  void multiply(int64_t part, const float* x, int64_t count, int threads,
                const std::function<float*(int64_t t)>& out_row) const;

 private:
  struct Part {
    int64_t rows;
    int64_t first_panel;
    int64_t panels;
  };

  const unsigned char* panel(int64_t index) const { return panels_.get() + index * panel_bytes_; }

  DType type_;
  int64_t inputs_;
  int64_t panel_bytes_;
  std::vector<Part> parts_;
  // [panel][inputs][kPanel] of type_, zeros where a part's last panel is not full
  attention::AlignedBuffer<unsigned char> panels_;
};

}  // namespace longattn::projection
