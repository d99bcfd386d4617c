// The far keys of row n >= e are 0 .. n - e: with the first e queries and the last e keys left out that is causal
// attention of equal sizes again, which is what makes flash attention usable here at all.
#include "lse.h"

#include <cmath>

#include "device/flash.h"

namespace longattn::bench {
namespace {

constexpr int64_t kLanes = 8;  // flash attention on CUDA takes rows of a multiple of 8 numbers; zeros change no product

class Logsumexps {
 public:
  Logsumexps(const AttentionProblem& problem, const GroupTensors& tensors)
      : p_(problem), group_(tensors.q.size(0)), length_(p_.length), q_(padded(tensors.q).unsqueeze(0)) {
    k_ = padded(tensors.k).view({1, 1, length_, q_.size(3)}).expand({1, group_, length_, q_.size(3)});
    const device::FlashResult all = device::flash(q_, k_, k_, p_.scale);
    keys_ = all.lse.to(at::kDouble);
    total_ = keys_;
    if (p_.sink_logits != nullptr) {
      const float* first = p_.sink_logits + tensors.first_head;
      const at::Tensor sinks = at::from_blob(const_cast<float*>(first), {group_, 1}, at::kFloat);
      total_ = at::logaddexp(keys_, sinks.to(q_.device()).to(at::kDouble));
    }
    out_ = all.out;
  }

  // F_n(edge) [G, L - edge] for the rows from edge on, and sums of squares of the same entries; edge < L.
  at::Tensor far_mass(int64_t edge) const { return far(edge, 1); }
  at::Tensor far_squares(int64_t edge) const { return far(edge, 2); }

  // Sum over rows of -sum_i M ln M: ln M = s - total, and sum_i M s = scale * q . sum_i M k.
  at::Tensor entropy() const {
    const at::Tensor share = (keys_ - total_).exp();  // what is left of the attention beside the sink logit
    const at::Tensor dot = (q_.to(at::kFloat) * out_.to(at::kFloat)).sum(-1).squeeze(0).to(at::kDouble);
    return (share * (total_ - p_.scale * dot)).sum(1);
  }

  // M[n, key] of the rows from key on: [G, L - key].
  at::Tensor share_of(int64_t key) const {
    const int64_t rows = length_ - key;
    const at::Tensor q = q_[0].narrow(1, key, rows).to(at::kFloat), k = k_[0][0][key].to(at::kFloat);
    return (at::matmul(q, k).to(at::kDouble) * p_.scale - total_.narrow(1, key, rows)).exp();
  }

  // [G] double on the CPU; NaN where something is not finite.
  at::Tensor total() const { return total_; }

 private:
  static at::Tensor padded(const at::Tensor& x) {
    const int64_t rest = x.size(-1) % kLanes;
    return rest == 0 ? x : at::constant_pad_nd(x, {0, kLanes - rest});
  }

  at::Tensor far(int64_t edge, int power) const {
    const int64_t rows = length_ - edge;
    if (edge == 0 && power == 1) return (keys_ - total_).exp();
    const at::Tensor k = k_.narrow(2, 0, rows);
    const at::Tensor lse = device::flash(q_.narrow(2, edge, rows), k, k, power * p_.scale).lse;
    return (lse.to(at::kDouble) - power * total_.narrow(1, edge, rows)).exp();
  }

  const AttentionProblem& p_;
  const int64_t group_, length_;
  const at::Tensor q_;  // [1, G, L, d]
  at::Tensor k_;        // [1, G, L, d], one tensor for all G
  at::Tensor keys_;     // [G, L] float64, over the keys
  at::Tensor total_;    // and the sink logit
  at::Tensor out_;      // [1, G, L, d]
};

// Sums over the rows of each head, on the CPU.
std::vector<double> row_sums(const at::Tensor& rows) {
  const at::Tensor sums = rows.sum(1).cpu();
  return std::vector<double>(sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.size(0));
}

void add_sinks(const AttentionProblem& p, const Logsumexps& lse, std::vector<HeadStats>& heads) {
  for (int64_t key = 0; key < std::min<int64_t>(kSinkKeys, p.length); ++key) {
    const at::Tensor share = lse.share_of(key);
    for (int j = 0; j < kBins; ++j) {
      const int64_t low = bin_edge(p.length, j), high = std::min(bin_edge(p.length, j + 1), p.length - key);
      if (low >= high) continue;
      const at::Tensor bin = share.narrow(1, low, high - low);
      const std::vector<double> mass = row_sums(bin), squares = row_sums(bin * bin);
      for (size_t g = 0; g < heads.size(); ++g) {
        heads[g].sink_mass[j] += mass[g];
        heads[g].sink_squares[j] += squares[g];
      }
    }
  }
}

// A bin is the difference of what lies beyond its two edges, less the sink.
void add_bins(const AttentionProblem& p, const AttentionOptions& options, const Logsumexps& lse,
              std::vector<HeadStats>& heads) {
  std::vector<double> mass(heads.size()), squares(heads.size());  // beyond the edge j + 1
  for (int j = kBins - 1; j >= 0; --j) {
    poll(options.cancel);
    const int64_t low = bin_edge(p.length, j);
    if (low == bin_edge(p.length, j + 1)) continue;
    const std::vector<double> far = row_sums(lse.far_mass(low)), far_squares = row_sums(lse.far_squares(low));
    for (size_t g = 0; g < heads.size(); ++g) {
      heads[g].mass[j] = far[g] - mass[g] - heads[g].sink_mass[j];
      heads[g].squares[j] = far_squares[g] - squares[g] - heads[g].sink_squares[j];
    }
    mass = far;
    squares = far_squares;
  }
}

}  // namespace

GroupResult lse_group(const AttentionProblem& p, const AttentionOptions& options, const GroupTensors& tensors,
                      bool bins) {
  const c10::InferenceMode inference;
  const int64_t group = tensors.q.size(0);
  GroupResult result;
  result.heads.resize(group);
  const Logsumexps lse(p, tensors);
  const at::Tensor good = lse.total().isfinite().all(1).cpu();
  for (int64_t g = 0; g < group; ++g)
    if (!good.const_data_ptr<bool>()[g]) throw NotFinite(tensors.first_head + g);
  if (options.token_far) result.token_far = at::zeros({group, p.length}, at::kFloat);
  if (options.entropy) {
    const at::Tensor entropy = lse.entropy().cpu();
    for (int64_t g = 0; g < group; ++g) result.heads[g].entropy = entropy.const_data_ptr<double>()[g];
  }
  poll(options.cancel);
  if (p.k < p.length) {
    const at::Tensor far = lse.far_mass(p.k);
    if (options.token_far) result.token_far.narrow(1, p.k, p.length - p.k).copy_(far);
    const std::vector<double> mass = row_sums(far), squares = row_sums(lse.far_squares(p.k));
    for (int64_t g = 0; g < group; ++g) {
      result.heads[g].far_mass = mass[g];
      result.heads[g].far_squares = squares[g];
    }
  }
  add_sinks(p, lse, result.heads);
  if (bins) add_bins(p, options, lse, result.heads);
  return result;
}

GroupTensors in_type(const GroupTensors& tensors, at::ScalarType type) {
  return {tensors.q.to(type), tensors.k.to(type), tensors.first_head};
}

}  // namespace longattn::bench
