// A running sum along the keys, in float64, gives every distance bin of a row by one subtraction: a bin is a run of
// keys whose ends differ from row to row, and sums by index or by mask would cost a pass a bin.
#include <ATen/ops/bucketize.h>
#include <ATen/ops/cumsum.h>

#include <algorithm>
#include <cmath>

#include "device/stats/group_paths.h"

namespace longattn::device {
namespace {

constexpr double kMinusInf = -HUGE_VAL;

at::TensorOptions like(const at::Tensor& x, at::ScalarType type) {
  return at::TensorOptions(x.device()).dtype(type);
}

class TileSums {
 public:
  TileSums(const AttentionProblem& problem, const AttentionOptions& options, const GroupTensors& tensors)
      : p_(problem),
        o_(options),
        t_(tensors),
        group_(tensors.q.size(0)),
        edges_(at::empty({kBins + 1}, at::kLong)),
        mass_(at::zeros({group_, kBins}, like(t_.q, at::kDouble))),
        squares_(at::zeros_like(mass_)),
        sink_mass_(at::zeros_like(mass_)),
        sink_squares_(at::zeros_like(mass_)),
        scalars_(at::zeros({group_, 4}, like(t_.q, at::kDouble))) {
    for (int j = 0; j <= kBins; ++j) edges_.data_ptr<int64_t>()[j] = bin_edge(p_.length, j);
    edges_ = edges_.to(t_.q.device());
    if (o_.token_far) token_far_ = at::empty({group_, p_.length}, like(t_.q, at::kDouble));
    if (p_.alibi_slopes != nullptr) slopes_ = per_head(p_.alibi_slopes);
    if (p_.sink_logits != nullptr) sinks_ = per_head(p_.sink_logits);
  }

  void rows(int64_t first, int64_t count) {
    const int64_t keys = first + count;
    const at::Tensor n = at::arange(first, keys, like(t_.q, at::kLong)).unsqueeze(1);      // [B, 1]
    const at::Tensor distance = n - at::arange(keys, like(t_.q, at::kLong)).unsqueeze(0);  // [B, C]
    at::Tensor x = logits(first, count, distance);
    at::Tensor top = x.amax(-1, true);
    if (sinks_.defined()) top = at::maximum(top, sinks_);
    x.sub_(top);
    at::Tensor m = x.exp();
    // float64: of a row that looks at one key all but 1e-6 the entropy is in the digits that float32 drops from 1.
    at::Tensor normaliser = m.sum(at::IntArrayRef{-1}, true, at::kDouble);
    const at::Tensor keys_weight = normaliser;
    if (sinks_.defined()) normaliser = normaliser + (sinks_ - top).exp();
    check(normaliser);
    m.div_(normaliser.to(at::kFloat));
    if (o_.entropy) add_entropy(x, m, keys_weight / normaliser, normaliser);
    x.reset();
    add_sink(m, first, count);
    m.narrow(2, 0, std::min<int64_t>(kSinkKeys, keys)).zero_();
    if (o_.far_peak && keys > p_.k)
      scalars_.select(1, kPeak).add_(m.masked_fill(distance < p_.k, 0).amax(-1).to(at::kDouble).sum(-1));
    add_bins(m, n, first, count);
  }

  GroupResult result() {
    GroupResult out;
    const at::Tensor all = at::cat({mass_, squares_, sink_mass_, sink_squares_, scalars_}, 1).cpu();
    for (int64_t g = 0; g < group_; ++g) {
      const double* from = all.const_data_ptr<double>() + g * all.size(1);
      HeadStats head;
      std::copy_n(from, kBins, head.mass);
      std::copy_n(from + kBins, kBins, head.squares);
      std::copy_n(from + 2 * kBins, kBins, head.sink_mass);
      std::copy_n(from + 3 * kBins, kBins, head.sink_squares);
      const double* scalars = from + 4 * kBins;
      head.far_mass = scalars[kFarMass];
      head.far_squares = scalars[kFarSquares];
      head.entropy = scalars[kEntropy];
      head.far_peak = scalars[kPeak];
      out.heads.push_back(head);
    }
    if (token_far_.defined()) out.token_far = token_far_.to(at::kFloat).cpu();
    return out;
  }

 private:
  enum Scalar { kFarMass, kFarSquares, kEntropy, kPeak };

  at::Tensor per_head(const float* values) const {  // [G, 1, 1]
    const at::Tensor cpu = at::from_blob(const_cast<float*>(values + t_.first_head), {group_, 1, 1}, at::kFloat);
    return cpu.to(t_.q.device());
  }

  // [G, B, C], float32, -inf where a key is not visible.
  at::Tensor logits(int64_t first, int64_t count, const at::Tensor& distance) const {
    const at::Tensor q = t_.q.narrow(1, first, count).to(at::kFloat),
                     k = t_.k.narrow(0, 0, first + count).to(at::kFloat);
    at::Tensor x = at::matmul(q * p_.scale, k.t());
    if (p_.softcap > 0) x.div_(p_.softcap).tanh_().mul_(p_.softcap);
    if (slopes_.defined()) x.sub_(slopes_ * distance.to(at::kFloat));
    at::Tensor hidden = distance < 0;
    if (p_.sliding_window > 0) hidden = hidden.logical_or_(distance >= p_.sliding_window);
    return x.masked_fill_(hidden, kMinusInf);
  }

  void check(const at::Tensor& normaliser) const {  // [G, B, 1]
    const at::Tensor good = (normaliser > 0).logical_and_(normaliser < HUGE_VAL).flatten(1).all(1).cpu();
    for (int64_t g = 0; g < group_; ++g)
      if (!good.const_data_ptr<bool>()[g]) throw NotFinite(t_.first_head + g);
  }

  // -sum m ln m with ln m = x - ln(normaliser), where x is relative to the row's largest.
  void add_entropy(at::Tensor& x, const at::Tensor& m, const at::Tensor& share, const at::Tensor& normaliser) {
    x.masked_fill_(m == 0, 0).mul_(m);
    const at::Tensor rows = share * normaliser.log() - x.sum(-1, true).to(at::kDouble);
    scalars_.select(1, kEntropy).add_(rows.flatten(1).sum(1));
  }

  void add_sink(const at::Tensor& m, int64_t first, int64_t count) {
    if (token_far_.defined()) sink_far_ = at::zeros({group_, count}, like(m, at::kDouble));
    const int64_t keys = std::min<int64_t>(kSinkKeys, first + count);
    for (int64_t i = 0; i < keys; ++i) {
      const int64_t start = std::max(first, i), rows = first + count - start;  // rows before i do not see the key
      if (rows <= 0) continue;
      const at::Tensor distance = at::arange(start - i, start - i + rows, like(m, at::kLong));  // [rows]
      const at::Tensor bin = at::bucketize(distance, edges_, false, true) - 1;
      const at::Tensor one_hot = (bin.unsqueeze(1) == at::arange(kBins, like(m, at::kLong))).to(at::kDouble);
      const at::Tensor share = m.narrow(1, start - first, rows).select(2, i).to(at::kDouble);  // [G, rows]
      sink_mass_.add_(at::matmul(share, one_hot));
      sink_squares_.add_(at::matmul(share * share, one_hot));
      const int64_t near = std::clamp<int64_t>(p_.k + i - start, 0, rows);  // rows that are closer than k to it
      const at::Tensor far = share.narrow(1, near, rows - near);
      scalars_.select(1, kFarMass).add_(far.sum(1));
      scalars_.select(1, kFarSquares).add_((far * far).sum(1));
      if (token_far_.defined()) sink_far_.narrow(1, start - first + near, rows - near).add_(far);
    }
  }

  // m without the sink. Of the running sum, entry c is the sum of the keys before c.
  void add_bins(at::Tensor& m, const at::Tensor& n, int64_t first, int64_t count) {
    const at::Tensor k = at::empty({1}, like(m, at::kLong)).fill_(std::min(p_.k, p_.length));
    const at::Tensor low = at::cat({edges_, k});                         // [kBins + 2]
    const at::Tensor before = (n - low.unsqueeze(0) + 1).clamp_min_(0);  // [B, kBins + 2], <= C
    const at::Tensor index = before.unsqueeze(0).expand({group_, count, kBins + 2});
    for (const bool square : {false, true}) {
      if (square) m.square_();
      const at::Tensor running = at::constant_pad_nd(at::cumsum(m, -1, at::kDouble), {1, 0});
      const at::Tensor at_edges = running.gather(2, index);  // [G, B, kBins + 2]
      const at::Tensor far = at_edges.select(2, kBins + 1);
      const at::Tensor bins = at_edges.narrow(2, 0, kBins) - at_edges.narrow(2, 1, kBins);
      (square ? squares_ : mass_).add_(bins.sum(1));
      scalars_.select(1, square ? kFarSquares : kFarMass).add_(far.sum(1));
      if (!square && token_far_.defined()) token_far_.narrow(1, first, count).copy_(far + sink_far_);
    }
  }

  const AttentionProblem& p_;
  const AttentionOptions& o_;
  const GroupTensors& t_;
  const int64_t group_;
  at::Tensor edges_;                                      // [kBins + 1]
  at::Tensor mass_, squares_, sink_mass_, sink_squares_;  // [G, kBins]
  at::Tensor scalars_;                                    // [G, 4]
  at::Tensor token_far_;                                  // [G, L]
  at::Tensor sink_far_;                                   // [G, B] of the rows at work
  at::Tensor slopes_, sinks_;                             // [G, 1, 1]
};

}  // namespace

GroupResult tiles_group(const AttentionProblem& p, const AttentionOptions& options, const GroupTensors& tensors,
                        int64_t tile_bytes) {
  const c10::InferenceMode inference;
  const int64_t row_bytes = tensors.q.size(0) * p.length * static_cast<int64_t>(sizeof(float));
  const int64_t block = std::clamp<int64_t>(tile_bytes / row_bytes, 1, p.length);
  TileSums tiles(p, options, tensors);
  for (int64_t first = 0; first < p.length; first += block) {
    poll(options.cancel);
    tiles.rows(first, std::min(block, p.length - first));
  }
  return tiles.result();
}

}  // namespace longattn::device
