// Moments of a norm are float64 and the elements float32: a row has one moment, and float64 elements would cost twice
// the memory. What crosses to the device (weights of norms, angles) crosses once.
#include <ATen/ops/linalg_vector_norm.h>

#include <atomic>
#include <unordered_map>

#include "decoder/attend/attend_tensors.h"
#include "decoder/backend.h"
#include "decoder/library_activation.h"
#include "decoder/rotations.h"
#include "device/halve.h"
#include "device/rotate.h"

namespace longattn {
namespace {

constexpr int64_t kBlockRows = 4096, kSmallestBlock = 64;
constexpr int64_t kTileBytes = int64_t{256} << 20, kSmallestTile = int64_t{1} << 20;

struct NormWeights {
  at::Tensor weight, bias;  // float32 or undefined
};

// x [..., width], in place.
void norm_last(const RowNorm& norm, at::Tensor x, const NormWeights& weights) {
  const auto width = static_cast<double>(x.size(-1));
  if (norm.kind() == RowNorm::Kind::layer) {
    // In two steps, because float32 does not hold a mean that is large beside the spread.
    const at::Tensor mean = x.sum(at::IntArrayRef{-1}, true, at::kDouble).div_(width);
    const at::Tensor high = mean.to(at::kFloat);
    x.sub_(high).sub_((mean - high).to(at::kFloat));
  }
  const at::Tensor size = at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true, at::kDouble);
  x.mul_((size * size / width + norm.epsilon()).rsqrt().to(at::kFloat));
  if (weights.weight.defined()) x.mul_(weights.weight);
  if (weights.bias.defined()) x.add_(weights.bias);
}

class TorchBackend : public Backend {
 public:
  TorchBackend(at::Device device, at::ScalarType type) : device_(device), type_(type) {}

  at::Device device() const override { return device_; }
  bool remote() const override { return true; }

  void norm_rows(const RowNorm& norm, const at::Tensor& x, const at::Tensor& out, int) override {
    if (!out.is_same(x)) out.copy_(x);
    if (norm.kind() != RowNorm::Kind::none) norm_last(norm, out, weights_of(norm));
  }

  void norm_heads(const HeadNorm& norm, const at::Tensor& x, int64_t heads, int) override {
    if (norm.norm.kind() == RowNorm::Kind::none) return;
    NormWeights weights = weights_of(norm.norm);
    if (norm.weights_per_head) {
      for (at::Tensor* one : {&weights.weight, &weights.bias})
        if (one->defined()) *one = one->view({heads, -1});
    }
    norm_last(norm.norm, x.view({x.size(0), heads, -1}), weights);
  }

  void rotate(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, int) override {
    const int64_t length = q.size(0);
    const device::Angles& angles = rotations_.of(
        config.rope, length, [&] { return device::angles_of(RopeTable(config.rope, length), length, device_); });
    device::rotate(angles, q.view({length, config.heads, config.dim}));
    device::rotate(angles, k.view({length, config.kv_heads, config.dim}));
  }

  void multiply_into(const Linear& linear, const at::Tensor& x, const at::Tensor& out,
                     const ProviderOptions&) override {
    library_product(linear, x, out);
  }

  void activate(Activation kind, const at::Tensor& x, const at::Tensor& up, int) override {
    library_activate(kind, x, up);
  }
  void sigmoid(const at::Tensor& x, int) override { at::Tensor(x).sigmoid_(); }

  at::Tensor attend(const AttentionConfig& config, const Heads& heads, int64_t near,
                    const ProviderOptions& options) override {
    if (flash_can(config, heads, near)) return attend_tensors(config, heads, near, type_, 0, options);  // has no tiles
    return device::halve_on_out_of_memory<c10::OutOfMemoryError>(
        tile_bytes_, kSmallestTile, halvings_,
        [&](int64_t bytes) { return attend_tensors(config, heads, near, type_, bytes, options); });
  }

  void in_block(const BlockWork& work) override {
    device::halve_on_out_of_memory<c10::OutOfMemoryError>(block_rows_, kSmallestBlock, halvings_, work);
  }
  int64_t halvings() const override { return halvings_; }

 private:
  NormWeights weights_of(const RowNorm& norm) {
    const auto found = norms_.find(&norm);
    if (found != norms_.end()) return found->second;
    const auto copied = [&](const std::vector<double>& values) {
      return values.empty() ? at::Tensor() : at::tensor(values, at::kDouble).to(floats());
    };
    return norms_[&norm] = {copied(norm.weight()), copied(norm.bias())};
  }

  const at::Device device_;
  const at::ScalarType type_;
  std::unordered_map<const RowNorm*, NormWeights> norms_;  // the model's norms stay where they are
  Rotations<device::Angles> rotations_;
  std::atomic<int64_t> block_rows_{kBlockRows}, tile_bytes_{kTileBytes}, halvings_{0};
};

}  // namespace

std::unique_ptr<Backend> torch_backend(at::Device device, at::ScalarType type) {
  return std::make_unique<TorchBackend>(device, type);
}

}  // namespace longattn
