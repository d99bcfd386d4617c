// A window of normal random Q and K. All head groups share one group's rows: the time does not depend on it, the memory
// does.
#pragma once

#include <vector>

#include "attention_stats.h"

namespace longattn::bench {

struct Shape {
  int64_t length, heads, kv_heads, dim;
  int64_t group() const { return heads / kv_heads; }
  int64_t k() const { return length / 4; }
  // 2 * d * H * L^2 / 2: the products under the diagonal.
  double flops() const {
    return static_cast<double>(dim * heads) * static_cast<double>(length) * static_cast<double>(length);
  }
};

class RandomWindow : public HeadSource {
 public:
  explicit RandomWindow(const Shape& shape);
  void queries(int64_t head, int64_t row, int64_t count, float* out) const override;
  void keys(int64_t kv_head, int64_t row, int64_t count, float* out) const override;
  AttentionProblem problem();

  const Shape shape;
  std::vector<float> q;  // [group, length, dim]
  std::vector<float> k;  // [length, dim]
};

}  // namespace longattn::bench
