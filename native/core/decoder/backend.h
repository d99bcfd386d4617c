// The pieces of the decoder that exist twice: written by hand for the CPU, and in torch's operators for a device.
// Internal: includes torch.
//
// Everything else of the decoder is torch's element-wise operators, which follow the device of their tensors. So there
// is one decoder, and what a test shows of it on one device it shows of the others.
#pragma once

#include <functional>
#include <memory>

#include "decoder/attend/heads.h"
#include "decoder/weights.h"
#include "device/aten.h"
#include "layer/layer_config.h"
#include "windows/layer_provider.h"

namespace longattn {

class Backend {
 public:
  virtual ~Backend() = default;

  // Where weights and activations are.
  virtual at::Device device() const { return at::kCPU; }
  // Whether rows and matrices have to cross to get there: then each should do so once.
  virtual bool remote() const { return false; }

  // x [n, width] -> out [n, width], which may be x itself.
  virtual void norm_rows(const RowNorm& norm, const at::Tensor& x, const at::Tensor& out, int threads) = 0;
  // x [n, heads * dim], each head's part by itself, in place.
  virtual void norm_heads(const HeadNorm& norm, const at::Tensor& x, int64_t heads, int threads) = 0;
  // q [L, H * d] and k [L, Hkv * d]: row n as position n, in place. `config.rope` rotates something.
  virtual void rotate(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, int threads) = 0;
  // x [n, in], out [n, out], contiguous float32; the product is computed in the weight's type.
  virtual void multiply_into(const Linear& linear, const at::Tensor& x, const at::Tensor& out,
                             const ProviderOptions& options) = 0;
  // x becomes its activation, times `up` where that is defined; both contiguous, [n, width]. Not xielu.
  virtual void activate(Activation kind, const at::Tensor& x, const at::Tensor& up, int threads) = 0;
  // x, contiguous, becomes its sigmoid.
  virtual void sigmoid(const at::Tensor& x, int threads) = 0;
  // softmax(scale * Q K^T) V under the layer's mask and `near` (AttentionValues): [L, H * dv]. No L x L matrix.
  virtual at::Tensor attend(const AttentionConfig& config, const Heads& heads, int64_t near,
                            const ProviderOptions& options) = 0;
  // Whether attend() is attention_values(): then the pass that makes a layer's statistics may make its values too.
  virtual bool joins_values() const { return false; }

  // Calls work(most) with the largest number of rows that a block of activations may have, again with fewer where a
  // device ran out of memory.
  using BlockWork = std::function<void(int64_t most)>;
  virtual void in_block(const BlockWork& work) = 0;
  // How often that was.
  virtual int64_t halvings() const { return 0; }

  // x itself where there is no norm, else a normed copy.
  at::Tensor normed(const RowNorm& norm, const at::Tensor& x, int threads) {
    if (norm.kind() == RowNorm::Kind::none) return x;
    at::Tensor out = at::empty_like(x);
    norm_rows(norm, x, out, threads);
    return out;
  }
  at::TensorOptions floats() const { return at::TensorOptions(device()).dtype(at::kFloat); }
};

// x [n, in] by torch's product, computed in the weight's type, out [n, out] float32.
inline void library_product(const Linear& linear, const at::Tensor& x, at::Tensor out) {
  if (linear.weight.scalar_type() == at::kFloat) {
    at::mm_out(out, x, linear.weight.t());
  } else {
    out.copy_(at::linear(x.to(linear.weight.scalar_type()), linear.weight));
  }
  if (linear.bias.defined()) out.add_(linear.bias);
}

// The CPU by our own code: bits do not depend on the number of threads. `type`: of the products; where it is bf16,
// attention is computed in it too where the CPU is the faster for it.
std::unique_ptr<Backend> own_backend(at::ScalarType type);
// Any device by torch's operators. `type`: of the products; attention is computed in it too where flash attention can.
std::unique_ptr<Backend> torch_backend(at::Device device, at::ScalarType type);

}  // namespace longattn
