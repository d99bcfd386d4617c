// Maps or copies weights. Every value is checked to be finite: a NaN would otherwise surface far from its file.
#include "decoder/weights.h"

#include <algorithm>

#include "checkpoint/mapped_tensor.h"
#include "error.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

constexpr int64_t kBlockBytes = int64_t{16} << 20;

at::ScalarType scalar_type(DType dtype) {
  return dtype == DType::f32 ? at::kFloat : dtype == DType::f16 ? at::kHalf : at::kBFloat16;
}

struct Size {
  int64_t rows, columns;
};

// The matrix after its view.
Size size_of(const TensorSpec& spec) {
  if (spec.shape.empty() || spec.shape.size() > 2) {
    throw Error(kModelInvalid, "tensor " + spec.role + " in " + spec.file + " must be a vector or a matrix.");
  }
  const int64_t first = spec.shape[0];
  const int64_t second = spec.shape.size() == 2 ? spec.shape[1] : 1;
  Size size = spec.transposed ? Size{second, first} : Size{first, second};
  if (spec.rows.count > 0) size.rows = spec.rows.size * spec.rows.count;
  return size;
}

// In blocks, so that a matrix of a gigabyte on a slow disk does not hold up who wants to stop.
bool all_finite(const at::Tensor& tensor, const std::atomic<bool>* cancel) {
  const int64_t rows = std::max<int64_t>(1, kBlockBytes / (tensor.size(1) * tensor.element_size()));
  for (int64_t first = 0; first < tensor.size(0); first += rows) {
    poll(cancel);
    const int64_t count = std::min(rows, tensor.size(0) - first);
    if (!at::isfinite(tensor.narrow(0, first, count)).all().item<bool>()) return false;
  }
  return true;
}

}  // namespace

const TensorSpec* WeightLoader::find(const std::string& role) const {
  const auto found = spec_.tensors.find(role);
  return found == spec_.tensors.end() ? nullptr : &found->second;
}

at::Tensor WeightLoader::matrix(const TensorSpec& spec, at::ScalarType type) const {
  const Size size = size_of(spec);
  const bool as_it_lies =
      !is_quantized(spec.dtype) && scalar_type(spec.dtype) == type && !spec.transposed && spec.rows.count <= 1;
  auto mapped = std::make_shared<MappedTensor>(spec, size.rows, size.columns);
  if (as_it_lies) {
    const int64_t skipped = spec.rows.count == 1 ? spec.rows.start * size.columns : 0;
    auto* data = static_cast<const char*>(mapped->data()) + skipped * static_cast<int64_t>(c10::elementSize(type));
    // torch has no read-only tensors; nothing here writes to a weight.
    at::Tensor tensor =
        at::from_blob(const_cast<char*>(data), {size.rows, size.columns}, [mapped](void*) {}, at::TensorOptions(type));
    if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(type) == 0) {
      tensor = tensor.to(device_);  // no copy where it is on the CPU
      if (device_ == at::kCPU) files_.add(mapped);
      if (!all_finite(tensor, options_.cancel)) {
        throw Error(kWeightNotFinite, "tensor " + spec.role + " in " + spec.file +
                                          " holds NaN or Inf. Fetch or convert the checkpoint again.");
      }
      return tensor;
    }
  }
  at::Tensor copy = at::empty({size.rows, size.columns}, at::kFloat);
  float* out = copy.data_ptr<float>();
  parallel_rows(size.rows, thread_count(options_.threads), [&](int64_t row) {
    poll(options_.cancel);
    mapped->read_row(row, out + row * size.columns);
  });
  return copy.to(type).to(device_);
}

at::Tensor WeightLoader::vector(const TensorSpec& spec) const {
  const Size size = size_of(spec);
  return matrix(spec, at::kFloat).reshape({size.rows});
}

Linear WeightLoader::load(const std::string& role, at::ScalarType type) const {
  Linear result;
  const TensorSpec* weight = find(role);
  if (weight == nullptr) return result;
  result.weight = matrix(*weight, type);
  if (const TensorSpec* bias = find(role + ".bias")) {
    result.bias = vector(*bias);
    if (result.bias.size(0) != result.weight.size(0)) {
      throw Error(kModelInvalid, "the bias of " + role + " has another length than its matrix has rows.");
    }
  }
  return result;
}

Linear WeightLoader::linear(const std::string& role) const {
  return load(role, type_);
}

Linear WeightLoader::linear_float(const std::string& role) const {
  return load(role, at::kFloat);
}

Linear WeightLoader::required(const std::string& role) const {
  Linear result = linear(role);
  if (!result.weight.defined()) throw Error(kModelInvalid, "model spec: tensor " + role + " is missing.");
  return result;
}

LayerWeights WeightLoader::heads(int64_t layer) const {
  const std::string prefix = "layers." + std::to_string(layer) + ".";
  LayerWeights weights;
  weights.q = required(prefix + "q");
  weights.k = required(prefix + "k");
  weights.q_latent = linear(prefix + "q_a");
  weights.k_latent = linear(prefix + "kv_a");
  weights.k_rope = linear(prefix + "k_rope");
  return weights;
}

MlpWeights WeightLoader::mlp(const std::string& prefix, bool gated) const {
  MlpWeights weights;
  if (gated) weights.gate = required(prefix + "gate");
  weights.up = required(prefix + "up");
  weights.down = required(prefix + "down");
  return weights;
}

void WeightLoader::add_forward(int64_t layer, const BlockConfig& block, LayerWeights& weights) const {
  const std::string prefix = "layers." + std::to_string(layer) + ".";
  weights.v = required(prefix + "v");
  weights.o = required(prefix + "o");
  if (block.mlp != BlockConfig::Mlp::experts) {
    weights.mlp = mlp(prefix, block.mlp == BlockConfig::Mlp::gated);
    return;
  }
  weights.router = linear_float(prefix + "router");
  if (!weights.router.weight.defined()) {
    throw Error(kModelInvalid, "model spec: tensor " + prefix + "router is missing.");
  }
  if (const TensorSpec* correction = find(prefix + "router_correction"))
    weights.router_correction = vector(*correction);
  for (int64_t e = 0; e < block.experts.count; ++e) {
    weights.experts.push_back(mlp(prefix + "experts." + std::to_string(e) + ".", true));
  }
  if (block.experts.shared) {
    weights.mlp = mlp(prefix + "shared.", true);
    weights.shared_router = linear(prefix + "shared.router");
  }
}

}  // namespace longattn
