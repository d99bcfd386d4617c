#include "random_window.h"

#include <cmath>
#include <cstring>
#include <random>

namespace longattn::bench {

RandomWindow::RandomWindow(const Shape& s) : shape(s), q(s.group() * s.length * s.dim), k(s.length * s.dim) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  for (float& x : q) x = normal(engine);
  for (float& x : k) x = normal(engine);
}

void RandomWindow::queries(int64_t head, int64_t row, int64_t count, float* out) const {
  const float* rows = q.data() + ((head % shape.group()) * shape.length + row) * shape.dim;
  std::memcpy(out, rows, static_cast<size_t>(count * shape.dim) * sizeof(float));
}

void RandomWindow::keys(int64_t, int64_t row, int64_t count, float* out) const {
  std::memcpy(out, k.data() + row * shape.dim, static_cast<size_t>(count * shape.dim) * sizeof(float));
}

AttentionProblem RandomWindow::problem() {
  AttentionProblem p;
  p.length = shape.length;
  p.heads = shape.heads;
  p.kv_heads = shape.kv_heads;
  p.dim = shape.dim;
  p.k = shape.k();
  p.scale = 1 / std::sqrt(static_cast<float>(shape.dim));
  p.source = p.mutable_source = this;
  return p;
}

}  // namespace longattn::bench
