#include "peers_torch.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <limits>

namespace longattn::bench {
namespace {

constexpr int64_t kRows = 256, kColumns = 1024;  // a logits tile of 1 MB
constexpr double kInf = std::numeric_limits<double>::infinity();

void gemm(at::ScalarType type) {
  static const at::Tensor inputs[2][2] = {
      {at::randn({kGemmSize, kGemmSize}), at::randn({kGemmSize, kGemmSize})},
      {at::randn({kGemmSize, kGemmSize}).to(at::kBFloat16), at::randn({kGemmSize, kGemmSize}).to(at::kBFloat16)}};
  static at::Tensor out[2] = {at::empty({kGemmSize, kGemmSize}), at::empty({kGemmSize, kGemmSize}, at::kBFloat16)};
  const int i = type == at::kBFloat16 ? 1 : 0;
  at::mm_out(out[i], inputs[i][0], inputs[i][1]);
}

at::Tensor view(const std::vector<float>& values, at::IntArrayRef sizes) {
  return at::from_blob(const_cast<float*>(values.data()), sizes, at::kFloat);
}

// One head: an online softmax over key blocks for blocks of rows.
FarSums blocked_head(const at::Tensor& q, const at::Tensor& keys, int64_t k, double scale) {
  const int64_t length = q.size(0);
  const at::Tensor transposed = keys.t().contiguous();
  at::Tensor tile = at::empty({kRows, kColumns});
  FarSums sums;
  for (int64_t n0 = 0; n0 < length; n0 += kRows) {
    const int64_t rows = std::min(kRows, length - n0);
    const at::Tensor block = q.narrow(0, n0, rows) * scale;
    at::Tensor top = at::full({rows, 1}, -kInf), all = at::zeros({rows, 1}), far = at::zeros({rows, 1}),
               squares = at::zeros({rows, 1});
    for (int64_t c0 = 0; c0 < n0 + rows; c0 += kColumns) {
      const int64_t columns = std::min(kColumns, n0 + rows - c0);
      at::Tensor x = rows == kRows && columns == kColumns ? tile : at::empty({rows, columns});
      at::mm_out(x, block, transposed.narrow(1, c0, columns));
      if (c0 + columns > n0 + 1) x.masked_fill_(at::ones({rows, columns}, at::kBool).triu_(n0 - c0 + 1), -kInf);
      const at::Tensor higher = at::maximum(top, x.amax(1, true)), factor = (top - higher).exp_();
      x.sub_(higher).exp_();
      top = higher;
      all.mul_(factor).add_(x.sum(1, true));
      far.mul_(factor);
      squares.mul_(factor * factor);
      if (c0 > n0 + rows - 1 - k) continue;  // all near
      if (n0 - (c0 + columns - 1) < k) x.tril_(n0 - c0 - k);
      far.add_(x.sum(1, true));
      squares.add_(x.square_().sum(1, true));
    }
    sums.mass += (far / all).sum(at::kDouble).item<double>();
    sums.squares += (squares / (all * all)).sum(at::kDouble).item<double>();
  }
  return sums;
}

// Logsumexp [H, rows] of causal attention of q over keys; row j sees keys 0..j.
at::Tensor logsumexp(const at::Tensor& q, const at::Tensor& keys, double scale) {
  return std::get<1>(at::_scaled_dot_product_flash_attention_for_cpu(q, keys, keys, 0.0, true, {}, scale)).squeeze(0);
}

}  // namespace

void torch_threads(int threads) {
  at::set_num_threads(threads);
}
void torch_sgemm() {
  gemm(at::kFloat);
}
void torch_sgemm_onednn() {
  static const at::Tensor a = at::randn({kGemmSize, kGemmSize}).to_mkldnn(),
                          b = at::randn({kGemmSize, kGemmSize}).to_mkldnn();
  at::mkldnn_linear(a, b);
}
void torch_bf16_gemm_onednn() {
  static const at::Tensor a = at::randn({kGemmSize, kGemmSize}).to_mkldnn(at::kBFloat16),
                          b = at::randn({kGemmSize, kGemmSize}).to_mkldnn(at::kBFloat16);
  at::mkldnn_linear(a, b);
}
void torch_bf16_gemm() {
  gemm(at::kBFloat16);
}
bool torch_has_onednn() {
  return at::hasMKLDNN();
}

FarSums torch_blocked(const RandomWindow& w) {
  const at::Tensor q = view(w.q, {w.shape.group(), w.shape.length, w.shape.dim}),
                   keys = view(w.k, {w.shape.length, w.shape.dim});
  FarSums first;
  for (int64_t head = w.shape.heads - 1; head >= 0; --head)
    first = blocked_head(q[head % w.shape.group()], keys, w.shape.k(), 1 / std::sqrt(static_cast<double>(w.shape.dim)));
  return first;
}

FarSums torch_flash_logsumexp(const RandomWindow& w) {
  const int64_t group = w.shape.group(), length = w.shape.length, far = length - w.shape.k();
  const double scale = 1 / std::sqrt(static_cast<double>(w.shape.dim));
  const at::Tensor q = view(w.q, {1, group, length, w.shape.dim});
  const at::Tensor keys = view(w.k, {1, 1, length, w.shape.dim}).expand({1, group, length, w.shape.dim});
  FarSums first;
  for (int64_t kv = 0; kv < w.shape.kv_heads; ++kv) {
    const at::Tensor all = logsumexp(q, keys, scale).narrow(-1, length - far, far);
    const at::Tensor far_q = q.narrow(2, length - far, far), far_keys = keys.narrow(2, 0, far);
    const at::Tensor mass = (logsumexp(far_q, far_keys, scale) - all).exp();
    const at::Tensor squares = (logsumexp(far_q, far_keys, 2 * scale) - 2 * all).exp();
    first.mass = mass[0].sum(at::kDouble).item<double>();
    first.squares = squares[0].sum(at::kDouble).item<double>();
  }
  return first;
}

}  // namespace longattn::bench
