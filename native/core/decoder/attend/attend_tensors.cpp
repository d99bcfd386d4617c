// Tiles are some rows by the keys that any of them may see: a sliding window and the near mask of a loss cost a
// window's width a row, not its length.
#include "decoder/attend/attend_tensors.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/maximum.h>

#include <algorithm>
#include <cmath>

#include "device/flash.h"

namespace longattn {
namespace {

constexpr int64_t kLanes = 8;  // flash attention on CUDA takes rows of a multiple of 8 numbers
constexpr int64_t kWidestFlash = 256;
constexpr int64_t kMostRows = 1024;  // of a tile

// q, k and v get one width: zeros change no product, and the values' own columns are cut out again.
at::Tensor plain_causal(const AttentionConfig& config, const Heads& heads, at::ScalarType type) {
  const int64_t length = heads.q.size(0), value_dim = heads.v.size(2);
  const int64_t width = (std::max(config.dim, value_dim) + kLanes - 1) / kLanes * kLanes;
  const auto rows = [&](const at::Tensor& x, int64_t repeats) {  // [1, H, L, width]
    at::Tensor y = x.to(type);
    if (x.size(2) < width) y = at::constant_pad_nd(y, {0, width - x.size(2)});
    y = y.transpose(0, 1);
    if (repeats > 1) y = y.unsqueeze(1).expand({y.size(0), repeats, length, width}).reshape({-1, length, width});
    return y.unsqueeze(0);
  };
  const at::Tensor out = device::flash(rows(heads.q, 1), rows(heads.k, config.group()), rows(heads.v, config.group()),
                                       config.attention_scale)
                             .out;
  return out.squeeze(0).narrow(2, 0, value_dim).transpose(0, 1).to(at::kFloat).reshape({length, -1});
}

class MaskedTiles {
 public:
  MaskedTiles(const AttentionConfig& config, const Heads& heads, int64_t near)
      : config_(config),
        q_(heads.q),
        k_(heads.k.permute({1, 2, 0}).contiguous()),
        v_(heads.v.transpose(0, 1).contiguous()),
        length_(q_.size(0)),
        near_(near > 0 && near < length_ ? near : 0),
        window_(config_.sliding_window > 0 && config_.sliding_window < length_ ? config_.sliding_window : 0),
        slopes_(per_head(config_.alibi_slopes)),
        sinks_(per_head(config.sink_logits)) {}

  // Keys that the rows of a block of `count` may see, at most.
  int64_t columns(int64_t count) const { return std::min(length_, reach() + count + kSinkKeys); }

  // [count, H, dv]
  at::Tensor rows(int64_t first, int64_t count) const {
    const int64_t group = config_.group(), dim = config_.dim, value_dim = v_.size(2);
    const Keys keys = keys_of(first, count);
    const at::Tensor q = q_.narrow(0, first, count)
                             .view({count, config_.kv_heads, group, dim})
                             .permute({1, 2, 0, 3})
                             .reshape({config_.kv_heads, group * count, dim});
    at::Tensor x = at::bmm(q * config_.attention_scale, keys.of(k_, 2)).view({config_.heads, count, -1});
    bias_and_mask(x, first, count, keys.index);
    at::Tensor top = x.amax(-1, true);
    if (sinks_.defined()) top = at::maximum(top, sinks_);
    x.sub_(top).exp_();
    at::Tensor total = x.sum(-1, true);
    if (sinks_.defined()) total.add_((sinks_ - top).exp_());
    const at::Tensor sums = at::bmm(x.view({config_.kv_heads, group * count, -1}), keys.of(v_, 1));
    return sums.view({config_.heads, count, value_dim}).div_(total).transpose(0, 1);
  }

 private:
  int64_t reach() const { return std::min(near_ > 0 ? near_ : length_, window_ > 0 ? window_ : length_); }

  at::Tensor per_head(const std::vector<float>& values) const {  // [H, 1, 1]
    if (values.empty()) return {};
    return at::tensor(values, at::kFloat).view({-1, 1, 1}).to(q_.device());
  }

  // Of a block of rows: a run of keys, the sink before it where the run does not begin at 0.
  struct Keys {
    int64_t low, count;
    bool sink;
    at::Tensor index;  // [C]

    at::Tensor of(const at::Tensor& x, int64_t axis) const {
      const at::Tensor run = x.narrow(axis, low, count);
      return sink ? at::cat({x.narrow(axis, 0, kSinkKeys), run}, axis) : run;
    }
  };

  Keys keys_of(int64_t first, int64_t count) const {
    const auto options = at::TensorOptions(q_.device()).dtype(at::kLong);
    int64_t low = std::max<int64_t>(0, first - reach() + 1);
    if (near_ > 0 && low <= kSinkKeys) low = 0;
    const bool sink = near_ > 0 && low > 0;
    const at::Tensor index = at::arange(low, first + count, options);
    return {low, first + count - low, sink, sink ? at::cat({at::arange(kSinkKeys, options), index}) : index};
  }

  void bias_and_mask(at::Tensor& x, int64_t first, int64_t count, const at::Tensor& index) const {
    const at::Tensor n = at::arange(first, first + count, index.options()).unsqueeze(1);
    const at::Tensor distance = n - index.unsqueeze(0);  // [B, C]
    if (config_.softcap > 0) x.div_(config_.softcap).tanh_().mul_(config_.softcap);
    if (slopes_.defined()) x.sub_(slopes_ * distance.to(at::kFloat));
    at::Tensor hidden = distance < 0;
    if (window_ > 0) hidden.logical_or_(distance >= window_);
    if (near_ > 0) hidden.logical_or_((distance >= near_).logical_and_(index >= kSinkKeys));
    x.masked_fill_(hidden, -HUGE_VAL);
  }

  const AttentionConfig& config_;
  const at::Tensor q_;                    // [L, H, d]
  const at::Tensor k_;                    // [Hkv, d, L]
  const at::Tensor v_;                    // [Hkv, L, dv]
  const int64_t length_, near_, window_;  // near and window: 0 where they hide nothing
  const at::Tensor slopes_, sinks_;       // [H, 1, 1] or undefined
};

}  // namespace

bool flash_can(const AttentionConfig& config, const Heads& heads, int64_t near) {
  const int64_t length = heads.q.size(0);
  const bool hides = (near > 0 && near < length) || (config.sliding_window > 0 && config.sliding_window < length);
  const bool biased = config.softcap > 0 || !config.alibi_slopes.empty() || !config.sink_logits.empty();
  return !hides && !biased && std::max(config.dim, heads.v.size(2)) <= kWidestFlash;
}

at::Tensor attend_tensors(const AttentionConfig& config, const Heads& heads, int64_t near, at::ScalarType type,
                          int64_t tile_bytes, const ProviderOptions& options) {
  const int64_t length = heads.q.size(0), value_dim = heads.v.size(2);
  poll(options.cancel);
  if (flash_can(config, heads, near)) return plain_causal(config, heads, type);
  const MaskedTiles tiles(config, heads, near);
  const int64_t row_bytes = config.heads * tiles.columns(kMostRows) * static_cast<int64_t>(sizeof(float));
  const int64_t block = std::clamp<int64_t>(tile_bytes / row_bytes, 1, std::min(kMostRows, length));
  const at::Tensor out = at::empty({length, config.heads, value_dim}, heads.q.options());
  for (int64_t first = 0; first < length; first += block) {
    poll(options.cancel);
    const int64_t count = std::min(block, length - first);
    out.narrow(0, first, count).copy_(tiles.rows(first, count));
  }
  return out.view({length, -1});
}

}  // namespace longattn
