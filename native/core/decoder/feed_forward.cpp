// Rows go in blocks: the width inside an MLP is several times the model's, and a block is where a cancelled run ends.
#include "decoder/feed_forward.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "decoder/library_activation.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

at::Tensor multiply(Backend& backend, const Linear& linear, const at::Tensor& x, const ProviderOptions& options) {
  at::Tensor out = at::empty({x.size(0), linear.weight.size(0)}, backend.floats());
  backend.multiply_into(linear, x, out, options);
  return out;
}

double softplus(double x) {
  return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0);
}

// A square above 0, an exponential below; the slope at 0 is beta.
at::Tensor xielu(const Xielu& numbers, const at::Tensor& x) {
  const double negative = numbers.beta + softplus(numbers.negative);
  const at::Tensor above = x.square().mul_(softplus(numbers.positive));
  const at::Tensor below = x.clamp_max(numbers.eps).expm1_().sub_(x).mul_(negative);
  return at::where(x > 0, above, below).add_(x, numbers.beta);
}

void mlp_rows(Backend& backend, const BlockConfig& block, const MlpWeights& weights, const at::Tensor& x,
              const at::Tensor& out, const ProviderOptions& options) {
  const Activation activation = block.activation;
  const int threads = thread_count(options.threads);
  at::Tensor up = multiply(backend, weights.up, x, options);
  if (activation == Activation::xielu) return backend.multiply_into(weights.down, xielu(block.xielu, up), out, options);
  if (!weights.gate.weight.defined()) {
    backend.activate(activation, up, {}, threads);
    return backend.multiply_into(weights.down, up, out, options);
  }
  if (activation == Activation::swiglu_clamped) up = up.clamp_(-kGateLimit, kGateLimit).add_(1);
  const at::Tensor gate = multiply(backend, weights.gate, x, options);
  backend.activate(activation, gate, up, threads);
  backend.multiply_into(weights.down, gate, out, options);
}

// Scores of experts outside the best groups, as the choice sees them.
at::Tensor only_best_groups(const ExpertsConfig& config, const at::Tensor& scores, double hidden) {
  const int64_t rows = scores.size(0);
  const at::Tensor grouped = scores.view({rows, config.groups, config.count / config.groups});
  const at::Tensor of_group =
      config.group_by_two ? std::get<0>(grouped.topk(std::min<int64_t>(2, grouped.size(2)))).sum(-1) : grouped.amax(-1);
  const at::Tensor best = std::get<1>(of_group.topk(config.top_groups));
  const at::Tensor kept = at::zeros({rows, config.groups}, best.options().dtype(at::kBool)).scatter_(1, best, true);
  return grouped.masked_fill(kept.logical_not().unsqueeze(2), hidden).view({rows, config.count});
}

// A score counts where it is less than `tolerance` below the best of `left`, as a share of the larger of its size and
// that best.
at::Tensor mixer_weight(const at::Tensor& scores, const at::Tensor& left, const at::Tensor& index, double tolerance) {
  const at::Tensor best = left.gather(1, index);
  const at::Tensor far = (best - scores).div(at::maximum(scores.abs(), best)).gt(tolerance);
  return at::softmax(left.masked_fill(far, -std::numeric_limits<double>::infinity()), -1).gather(1, index);
}

struct Routing {
  at::Tensor experts;  // [n, top_k] int64
  at::Tensor weights;  // [n, top_k]
};

Routing route(Backend& backend, const ExpertsConfig& config, const LayerWeights& weights, const at::Tensor& x,
              const ProviderOptions& options) {
  const at::Tensor logits = multiply(backend, weights.router, x, options);
  if (config.scoring == ExpertsConfig::Scoring::softmax_chosen) {
    auto [best, index] = logits.topk(config.top_k);
    return {index, at::softmax(best, -1)};
  }
  if (config.scoring == ExpertsConfig::Scoring::sparse_mixer) {
    const at::Tensor first = logits.argmax(-1, true);
    const at::Tensor left = logits.scatter(1, first, -std::numeric_limits<double>::infinity());
    const at::Tensor second = left.argmax(-1, true);
    const at::Tensor shares = at::cat(
        {mixer_weight(logits, logits, first, config.tolerance), mixer_weight(logits, left, second, config.tolerance)},
        1);
    return {at::cat({first, second}, 1), shares};
  }
  const bool sigmoid = config.scoring == ExpertsConfig::Scoring::sigmoid;
  const at::Tensor scores = sigmoid ? logits : at::softmax(logits, -1);
  if (sigmoid) backend.sigmoid(scores, thread_count(options.threads));
  at::Tensor choice = weights.router_correction.defined() ? scores + weights.router_correction : scores;
  if (config.groups > 1) {
    choice = only_best_groups(config, choice, sigmoid ? -std::numeric_limits<double>::infinity() : 0.0);
  }
  const at::Tensor index = std::get<1>(choice.topk(config.top_k));
  at::Tensor chosen = scores.gather(1, index);
  if (config.normalize) chosen = chosen / chosen.sum(-1, true);
  return {index, chosen * config.scale};
}

at::Tensor expert_rows(Backend& backend, const BlockConfig& block, const LayerWeights& weights, const at::Tensor& x,
                       const ProviderOptions& options) {
  const Routing routing = route(backend, block.experts, weights, x, options);
  at::Tensor out = at::zeros_like(x);
  for (int64_t e = 0; e < block.experts.count; ++e) {
    const at::Tensor places = (routing.experts == e).nonzero();  // [hits, 2]: row, rank
    if (places.size(0) == 0) continue;
    poll(options.cancel);
    const at::Tensor rows = places.select(1, 0);
    const at::Tensor share = routing.weights.index({rows, places.select(1, 1)}).unsqueeze(1);
    at::Tensor part = at::empty({rows.size(0), x.size(1)}, backend.floats());
    mlp_rows(backend, block, weights.experts[e], x.index_select(0, rows), part, options);
    out.index_add_(0, rows, part.mul_(share));
  }
  if (!block.experts.shared) return out;
  at::Tensor shared = at::empty_like(x);
  mlp_rows(backend, block, weights.mlp, x, shared, options);
  if (weights.shared_router.weight.defined()) {
    const at::Tensor share = multiply(backend, weights.shared_router, x, options);
    backend.sigmoid(share, thread_count(options.threads));
    shared.mul_(share);
  }
  return out.add_(shared);
}

// Calls body(x, out) for blocks of rows of x and of out [n, width].
template <typename Body>
at::Tensor in_blocks(Backend& backend, const at::Tensor& x, int64_t width, const ProviderOptions& options,
                     const Body& body) {
  const int64_t count = x.size(0);
  at::Tensor out = at::empty({count, width}, backend.floats());
  for (int64_t first = 0; first < count;) {
    poll(options.cancel);
    int64_t rows = 0;
    backend.in_block([&](int64_t most) {
      rows = std::min(most, count - first);
      body(x.narrow(0, first, rows), out.narrow(0, first, rows));
    });
    first += rows;
  }
  return out;
}

}  // namespace

at::Tensor project(Backend& backend, const Linear& linear, const at::Tensor& x, const ProviderOptions& options) {
  return in_blocks(backend, x, linear.weight.size(0), options, [&](const at::Tensor& rows, const at::Tensor& out) {
    backend.multiply_into(linear, rows, out, options);
  });
}

at::Tensor feed_forward(Backend& backend, const BlockConfig& block, const LayerWeights& weights, const at::Tensor& x,
                        const ProviderOptions& options) {
  return in_blocks(backend, x, x.size(1), options, [&](const at::Tensor& rows, at::Tensor out) {
    if (block.mlp == BlockConfig::Mlp::experts) {
      out.copy_(expert_rows(backend, block, weights, rows, options));
    } else {
      mlp_rows(backend, block, weights.mlp, rows, out, options);
    }
  });
}

}  // namespace longattn
