// Two ways. Plain causal attention is torch's flash attention, a few heads at a time so that a cancelled run ends soon. Whatever
// bends the logits or the mask (softcap, biases by distance, a window, near keys only) goes block of rows by block of rows, over
// those keys that the block can see.
#include "decoder/attend.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace longattn {
namespace {

// Logits of one block of rows, all heads: small enough for the cache of a server, large enough for the matrix products.
constexpr int64_t kBlockFloats = int64_t{4} << 20;
constexpr int64_t kMinBlockRows = 16;
// Products of a query with a key in one call of flash attention, about half a second of one core.
constexpr int64_t kFlashPairs = int64_t{1} << 28;

void poll(const ProviderOptions& options) {
  if (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed)) throw Cancelled();
}

// One more term exp(sink) in a normaliser whose logarithm is `lse`: the output shrinks by lse's share.
at::Tensor sink_share(const at::Tensor& lse, const at::Tensor& sinks) {
  return at::sigmoid(lse - sinks);
}

at::Tensor flash(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const ProviderOptions& options) {
  const LayerZeroConfig& base = config.base;
  const int64_t length = q.size(0), value_dim = v.size(2), group = base.group();
  // The kernel wants heads of one width. Zeros in Q and K add nothing to a product, zeros in V are cut off again.
  const int64_t width = std::max(base.dim, value_dim);
  const auto widen = [&](const at::Tensor& x) { return at::constant_pad_nd(x, {0, width - x.size(2)}); };
  const at::Tensor wide_q = widen(q), wide_k = widen(k), wide_v = widen(v);
  at::Tensor out;
  const int64_t step = std::clamp<int64_t>(kFlashPairs / std::max<int64_t>(1, length * length / 2) / group, 1, base.kv_heads);
  for (int64_t first = 0; first < base.kv_heads; first += step) {
    poll(options);
    const int64_t groups = std::min(step, base.kv_heads - first);
    const int64_t heads = groups * group;
    const auto of_groups = [&](const at::Tensor& x) {  // [L, Hkv, w] -> [1, heads, L, w], a key head shared by its group
      return x.narrow(1, first, groups)
          .unsqueeze(2)
          .expand({length, groups, group, width})
          .reshape({length, heads, width})
          .transpose(0, 1)
          .unsqueeze(0);
    };
    const at::Tensor queries = wide_q.narrow(1, first * group, heads).transpose(0, 1).unsqueeze(0);
    auto [result, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        queries, of_groups(wide_k), of_groups(wide_v), 0.0, true, {}, base.attention_scale);
    at::Tensor rows = result.squeeze(0).transpose(0, 1).narrow(2, 0, value_dim);  // [L, heads, dv]
    if (!config.sinks.empty()) {
      const at::Tensor sinks = at::tensor(config.sinks).narrow(0, first * group, heads).unsqueeze(1);
      rows = rows * sink_share(lse.squeeze(0), sinks).transpose(0, 1).unsqueeze(2);
    }
    if (groups == base.kv_heads) {
      out = rows;
    } else {
      if (first == 0) out = at::empty({length, base.heads, value_dim}, at::kFloat);
      out.narrow(1, first * group, heads).copy_(rows);
    }
  }
  return out.reshape({length, base.heads * value_dim});
}

// Keys that rows [first, first + rows) can see: [0, sink_end) and [start, first + rows).
struct Keys {
  int64_t sink_end;
  int64_t start;
  int64_t count(int64_t end) const { return sink_end + end - start; }
};

Keys visible_keys(int64_t first, int64_t window, int64_t near) {
  Keys keys{0, 0};
  const int64_t reach = std::min(window, near);
  keys.start = std::max<int64_t>(0, first - reach + 1);
  if (near < window) {
    keys.sink_end = std::min<int64_t>(kSinkKeys, keys.start);
    if (first - window >= kSinkKeys) keys.sink_end = 0;  // the window hides the sink too
  }
  return keys;
}

at::Tensor take_keys(const at::Tensor& x, const Keys& keys, int64_t end) {
  const at::Tensor tail = x.narrow(0, keys.start, end - keys.start);
  return keys.sink_end == 0 ? tail : at::cat({x.narrow(0, 0, keys.sink_end), tail}, 0);
}

// [rows, keys]: n - i of each row and key.
at::Tensor distances(const Keys& keys, int64_t first, int64_t end) {
  at::Tensor position = at::arange(keys.start, end, at::kFloat);
  if (keys.sink_end > 0) position = at::cat({at::arange(0, keys.sink_end, at::kFloat), position});
  return at::arange(first, end, at::kFloat).unsqueeze(1) - position.unsqueeze(0);
}

at::Tensor blocked(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                   const NearMask& near, const ProviderOptions& options) {
  const LayerZeroConfig& base = config.base;
  const int64_t length = q.size(0), value_dim = v.size(2), group = base.group();
  const int64_t window = base.sliding_window > 0 ? base.sliding_window : length;
  const int64_t near_reach = near.distance > 0 ? near.distance : length;
  const int64_t most_keys = std::min(length, std::min(window, near_reach) + 256);
  const int64_t step = std::clamp<int64_t>(kBlockFloats / (base.heads * most_keys), kMinBlockRows, length);
  const at::Tensor slopes = base.alibi_slopes.empty() ? at::Tensor() : at::tensor(base.alibi_slopes);
  constexpr float hidden = -std::numeric_limits<float>::infinity();
  at::Tensor out = at::empty({length, base.heads, value_dim}, at::kFloat);
  for (int64_t first = 0; first < length; first += step) {
    poll(options);
    const int64_t rows = std::min(step, length - first), end = first + rows;
    const Keys keys = visible_keys(first, window, near_reach);
    const int64_t count = keys.count(end);
    const at::Tensor block_k = take_keys(k, keys, end).permute({1, 2, 0});  // [Hkv, d, keys]
    const at::Tensor block_v = take_keys(v, keys, end).transpose(0, 1);     // [Hkv, keys, dv]
    const at::Tensor block_q = (q.narrow(0, first, rows) * base.attention_scale)
                                   .view({rows, base.kv_heads, group, base.dim})
                                   .permute({1, 2, 0, 3})
                                   .reshape({base.kv_heads, group * rows, base.dim});
    at::Tensor logits = at::bmm(block_q, block_k).view({base.heads, rows, count});
    if (base.softcap > 0) logits = logits.div_(base.softcap).tanh_().mul_(base.softcap);
    const at::Tensor distance = distances(keys, first, end);
    if (slopes.defined()) logits.sub_(slopes.view({base.heads, 1, 1}) * distance);
    at::Tensor masked = (distance < 0).logical_or_(distance >= window);
    if (near.distance > 0) {
      at::Tensor far = distance >= near.distance;
      const int64_t sink_columns = keys.sink_end + std::clamp<int64_t>(kSinkKeys - keys.start, 0, end - keys.start);
      far.narrow(1, 0, sink_columns).fill_(false);
      masked.logical_or_(far);
    }
    logits.masked_fill_(masked, hidden);
    if (!config.sinks.empty()) {
      const at::Tensor sinks = at::tensor(config.sinks).view({base.heads, 1, 1}).expand({base.heads, rows, 1});
      logits = at::cat({logits, sinks}, 2);
    }
    const at::Tensor weights = at::softmax(logits, -1).narrow(2, 0, count).reshape({base.kv_heads, group * rows, count});
    const at::Tensor result = at::bmm(weights, block_v).view({base.heads, rows, value_dim});
    out.narrow(0, first, rows).copy_(result.transpose(0, 1));
  }
  return out.reshape({length, base.heads * value_dim});
}

}  // namespace

at::Tensor attend(const AttentionConfig& config, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const NearMask& near, const ProviderOptions& options) {
  const LayerZeroConfig& base = config.base;
  const int64_t length = q.size(0);
  const bool all_visible = (base.sliding_window == 0 || base.sliding_window >= length) &&
                           (near.distance == 0 || near.distance >= length);
  if (all_visible && base.softcap == 0 && base.alibi_slopes.empty()) return flash(config, q, k, v, options);
  return blocked(config, q, k, v, near, options);
}

}  // namespace longattn
