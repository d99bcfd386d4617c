// softmax(logits) V for every CPU, with an online maximum. Statistics are a pass of their own here.
#include <algorithm>
#include <cmath>

#include "attention/portable.h"
#include "attention/portable_tile.h"

namespace longattn::attention {
namespace {

constexpr float kHidden = -HUGE_VALF;

class PortableValues {
 public:
  explicit PortableValues(const ValueBlock& block) : b_(block), v_(block.values), width_(v_.chunks * kColumns) {
    std::fill_n(v_.sums, padded() * width_, 0.0f);
    for (int64_t r = 0; r < padded(); ++r) mass(r) = 0, shift(r) = kNoShift;
  }

  void run() {
    float p[kRows][kColumns];
    sweep_tiles(b_, [&](int64_t r, int64_t c0, float* x) {
      weigh(r, c0, x, p[r % kRows]);
      if (r % kRows == kRows - 1 || r == b_.rows - 1) add_values(r / kRows * kRows, r % kRows + 1, c0, p);
    });
    for (int64_t r = 0; r < b_.rows; ++r) write(r);
  }

 private:
  int64_t padded() const { return (b_.rows + kRows - 1) / kRows * kRows; }
  // A row's masses: the sum of its weights, and what they are relative to.
  float& mass(int64_t r) { return v_.masses[r * kMassFloats]; }
  float& shift(int64_t r) { return v_.masses[r * kMassFloats + 1]; }

  // Weights of row r over the panel at c0, whose products are x.
  void weigh(int64_t r, int64_t c0, float* x, float* p) {
    const int64_t n = b_.first_row + r, last = std::min(c0 + kColumns - 1, n);
    std::fill_n(p, kColumns, 0.0f);
    if (first_visible(b_, n, c0) > last) return;
    if (finish_logits(b_, n, c0, first_visible(b_, n, c0), last, x) == kNotFinite) {
      mass(r) = std::nanf("");
      return;
    }
    float top = kHidden;
    for (int64_t c = 0; c < kColumns; ++c) {
      const int64_t i = c0 + c;
      const bool seen = i <= last && i >= first_visible(b_, n, c0) && (b_.near == 0 || n - i < b_.near || i < kSinks);
      x[c] = seen ? x[c] : kHidden;
      top = std::max(top, x[c]);
    }
    if (top == kHidden) return;
    if (top > shift(r)) rescale(r, top);
    float sum = 0;
    for (int64_t c = 0; c < kColumns; ++c) sum += p[c] = exp2_nonpositive(x[c] - shift(r));
    mass(r) += sum;
  }

  void rescale(int64_t r, float top) {
    const float factor = shift(r) == kNoShift ? 0 : std::exp2(shift(r) - top);
    mass(r) *= factor;
    for (int64_t i = 0; i < width_; ++i) v_.sums[r * width_ + i] *= factor;
    shift(r) = top;
  }

  // Of rows first .. first + rows - 1.
  void add_values(int64_t first, int64_t rows, int64_t c0, const float (&p)[kRows][kColumns]) {
    for (int64_t chunk = 0; chunk < v_.chunks; ++chunk) {
      const float* values = v_.panels + c0 * width_ + chunk * kColumns * kColumns;
      for (int64_t r = 0; r < rows; ++r) {
        float* sums = v_.sums + (first + r) * width_ + chunk * kColumns;
        for (int64_t i = 0; i < kColumns; ++i)
          for (int64_t c = 0; c < kColumns; ++c) sums[c] += p[r][i] * values[i * kColumns + c];
      }
    }
  }

  void write(int64_t r) {
    const double sink = v_.has_sink ? std::exp2(v_.sink - shift(r)) : 0;
    const auto inverse = static_cast<float>(1 / (mass(r) + sink));
    for (int64_t i = 0; i < v_.dim; ++i) v_.out[r * v_.out_stride + i] = v_.sums[r * width_ + i] * inverse;
  }

  const ValueBlock& b_;
  const Values& v_;
  const int64_t width_;
};

}  // namespace

void portable_values(const ValueBlock& block) {
  PortableValues(block).run();
}

}  // namespace longattn::attention
