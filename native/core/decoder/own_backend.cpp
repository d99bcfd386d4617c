// Norms and rotation are those of the lookup path, in float64, so that both paths agree.
#include <algorithm>

#include "decoder/attend/attend_bf16.h"
#include "decoder/backend.h"
#include "decoder/bf16/product.h"
#include "decoder/gate/gate.h"
#include "decoder/heads.h"
#include "decoder/library_activation.h"
#include "decoder/rotations.h"
#include "parallel_rows.h"
#include "projection/matrix_product.h"

namespace longattn {
namespace {

constexpr int64_t kBlockRows = 4096;  // every block packs the weights again

enum class Product { library, floats, tiles };

// Who computes a product with weights of a type.
Product product_of(at::ScalarType type) {
  const bool bf16 = type == at::kBFloat16;
  if (bf16 && bf16::has_product()) return Product::tiles;
  if (bf16 && bf16::library_is_faster()) return Product::library;
  return projection::has_vector_tile() ? Product::floats : Product::library;
}

projection::Stored stored_type(at::ScalarType type) {
  using projection::Stored;
  return type == at::kFloat ? Stored::f32 : type == at::kHalf ? Stored::f16 : Stored::bf16;
}

class OwnBackend : public Backend {
 public:
  explicit OwnBackend(at::ScalarType type) : bf16_(type == at::kBFloat16) {}

  void norm_rows(const RowNorm& norm, const at::Tensor& x, const at::Tensor& out, int threads) override {
    const int64_t width = x.size(1);
    const at::Tensor rows = x.contiguous();
    const auto* from = rows.const_data_ptr<float>();
    auto* to = out.mutable_data_ptr<float>();
    parallel_rows(x.size(0), threads, [&](int64_t row) {
      if (from != to) std::copy_n(from + row * width, width, to + row * width);
      norm(to + row * width, width);
    });
  }

  void norm_heads(const HeadNorm& norm, const at::Tensor& x, int64_t heads, int threads) override {
    if (norm.norm.kind() == RowNorm::Kind::none) return;
    const int64_t dim = x.size(1) / heads;
    float* data = x.mutable_data_ptr<float>();
    parallel_rows(x.size(0), threads, [&](int64_t row) {
      for (int64_t h = 0; h < heads; ++h) norm.apply(data + (row * heads + h) * dim, h, dim);
    });
  }

  void rotate(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, int threads) override {
    const int64_t length = q.size(0);
    const RopeTable& rope = rotations_.of(config.rope, length, [&] { return RopeTable(config.rope, length); });
    rotate_rows(rope, q, config.heads, config.dim, threads);
    rotate_rows(rope, k, config.kv_heads, config.dim, threads);
  }

  // By our own product: the library's of float32 is MKL's, which on an AMD CPU has half the speed; that of narrower
  // types, where a CPU has no instructions for them, takes three times float32's time and rounds its sums too; and the
  // bits of either may change with the number of threads.
  void multiply_into(const Linear& linear, const at::Tensor& x, const at::Tensor& out,
                     const ProviderOptions& options) override {
    const at::ScalarType type = linear.weight.scalar_type();
    const Product product = product_of(type);
    if (product == Product::library) return library_product(linear, x, out);
    const void* weight = linear.weight.const_data_ptr();
    const float* bias = linear.bias.defined() ? linear.bias.const_data_ptr<float>() : nullptr;
    const at::Tensor rows = x.contiguous();
    const auto* from = rows.const_data_ptr<float>();
    auto* to = out.mutable_data_ptr<float>();
    const int threads = thread_count(options.threads);
    if (product == Product::floats) {
      const projection::Matrix matrix{weight, stored_type(type), out.size(1), x.size(1)};
      projection::multiply(matrix, bias, from, x.size(0), threads, options.cancel, rounded_, to);
    } else {
      const bf16::Matrix matrix{static_cast<const uint16_t*>(weight), out.size(1), x.size(1)};
      bf16::multiply(matrix, bias, from, x.size(0), threads, options.cancel, scratch_, to);
    }
  }

  // Row by row, even libtorch's: what ends a tensor it computes by other code than what fills its vectors, and a tensor
  // ends where a thread's share does.
  void activate(Activation kind, const at::Tensor& x, const at::Tensor& up, int threads) override {
    const gate::Curve* curve = curve_of(kind);
    if (kind == Activation::swiglu_clamped) at::Tensor(x).clamp_max_(kGateLimit);
    parallel_rows(x.size(0), threads, [&](int64_t row) {
      if (curve == nullptr) {
        const c10::InferenceMode inference;
        return library_activate(kind, x.narrow(0, row, 1), up.defined() ? up.narrow(0, row, 1) : up);
      }
      const int64_t width = x.size(1);
      gate::multiply_gates(*curve, width, x.mutable_data_ptr<float>() + row * width,
                           up.defined() ? up.const_data_ptr<float>() + row * width : nullptr);
    });
  }
  void sigmoid(const at::Tensor& x, int) override { gate::sigmoids(x.numel(), x.mutable_data_ptr<float>()); }

  at::Tensor attend(const AttentionConfig& config, const Heads& heads, int64_t near,
                    const ProviderOptions& options) override {
    const int64_t length = heads.q.size(0), value_dim = heads.v.size(2);
    at::Tensor out = at::empty({length, config.heads * value_dim}, at::kFloat);
    if (!joins_values()) {
      const AttendInput input{heads.q.const_data_ptr<float>(),
                              heads.k.const_data_ptr<float>(),
                              heads.v.const_data_ptr<float>(),
                              length,
                              value_dim,
                              near};
      attend_bf16(config, input, options, out.data_ptr<float>());
      return out;
    }
    TensorHeads source(heads);
    const AttentionProblem problem = attention_problem(config, length, source);
    AttentionValues values = attention_values_of(heads, std::min(near, length), out);
    attention_values(problem, values, options.threads, options.cancel);
    return out;
  }

  bool joins_values() const override { return !(bf16_ && has_attend_bf16()); }

  void in_block(const BlockWork& work) override { work(kBlockRows); }

 private:
  static const gate::Curve* curve_of(Activation kind) {
    switch (kind) {
      case Activation::silu:
        return &gate::kSilu;
      case Activation::gelu_tanh:
        return &gate::kGeluTanh;
      case Activation::swiglu_clamped:
        return &gate::kGptOss;
      default:
        return nullptr;
    }
  }

  static void rotate_rows(const RopeTable& rope, const at::Tensor& x, int64_t heads, int64_t dim, int threads) {
    float* data = x.mutable_data_ptr<float>();
    parallel_rows(x.size(0), threads, [&](int64_t row) { rope.rotate(row, data + row * heads * dim, heads, dim); });
  }

  const bool bf16_;  // the type of the products
  bf16::Scratch scratch_;
  attention::KeptBuffer<float> rounded_;
  Rotations<RopeTable> rotations_;
};

}  // namespace

std::unique_ptr<Backend> own_backend(at::ScalarType type) {
  return std::make_unique<OwnBackend>(type);
}

}  // namespace longattn
