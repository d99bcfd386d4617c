// Vocabulary block by vocabulary block with a running logsumexp in float64: never an L x V matrix. On the CPU only one
// block of the head's matrix at a time is converted; a device keeps the matrix, which would else cross for every
// window.
#include "decoder/loss.h"

#include <algorithm>

#include "checkpoint/spec_reader.h"
#include "decoder/feed_forward.h"
#include "error.h"
#include "parallel_rows.h"

namespace longattn {
namespace {

constexpr int64_t kVocabBlock = 8192;
constexpr int64_t kRowBlock = 1024;  // with a vocabulary block: 32 MB of logits

}  // namespace

std::unique_ptr<LossHead> LossHead::open(const ModelSpec& spec, const WeightLoader& loader, at::ScalarType type,
                                         Backend& backend) {
  const SpecReader reader(spec, 0);
  const TensorSpec* head = reader.tensor("head");
  if (head == nullptr) return nullptr;
  const int64_t hidden = reader.integer("hidden", 1, kMaxWidth);
  const Linear project = loader.linear("head_project");
  const int64_t width = project.weight.defined() ? project.weight.size(0) : hidden;
  const int64_t vocab = reader.integer("vocab", 1, kMaxVocab);
  std::unique_ptr<LossHead> result(new LossHead(*head, vocab, width, type, backend));
  result->project_ = project;
  if (backend.remote()) result->kept_ = loader.linear("head").weight;
  result->norm_ =
      read_norm(reader, "final_norm", reader.tensor("final_norm"), reader.tensor("final_norm.bias"), hidden);
  result->scale_ = reader.real("head.scale");
  result->softcap_ = reader.real("head.softcap");
  if (const TensorSpec* bias = reader.tensor("head.bias")) {
    result->bias_ = at::tensor(MappedTensor(*bias, vocab, 1).read_all()).to(backend.device());
  }
  return result;
}

at::Tensor LossHead::block(int64_t first, int64_t count, int threads) const {
  if (kept_.defined()) return kept_.narrow(0, first, count);
  const int64_t width = head_.columns();
  at::Tensor rows = at::empty({count, width}, at::kFloat);
  float* out = rows.data_ptr<float>();
  parallel_rows(count, threads, [&](int64_t row) { head_.read_row(first + row, out + row * width); });
  return rows.to(type_);
}

std::vector<double> LossHead::losses(at::Tensor hidden, const int32_t* ids, const ProviderOptions& options) const {
  const int64_t count = hidden.size(0) - 1;
  if (count < 1) return {};
  head_.check_not_truncated();
  at::Tensor x = hidden.narrow(0, 0, count).contiguous();
  backend_.norm_rows(norm_, x, x, thread_count(options.threads));
  if (project_.weight.defined()) x = project(backend_, project_, x, options);

  at::Tensor next = at::empty({count, 1}, at::kLong);
  std::copy_n(ids + 1, count, next.data_ptr<int64_t>());
  next = next.to(x.device());
  const at::TensorOptions doubles = x.options().dtype(at::kDouble);
  at::Tensor total = at::full({count}, -std::numeric_limits<double>::infinity(), doubles);
  at::Tensor target = at::zeros({count}, doubles);
  for (int64_t first = 0; first < head_.rows(); first += kVocabBlock) {
    const int64_t size = std::min(kVocabBlock, head_.rows() - first);
    const Linear part{block(first, size, thread_count(options.threads)),
                      bias_.defined() ? bias_.narrow(0, first, size) : at::Tensor()};
    for (int64_t row = 0; row < count; row += kRowBlock) {
      poll(options.cancel);
      const int64_t rows = std::min(kRowBlock, count - row);
      at::Tensor logits = project(backend_, part, x.narrow(0, row, rows), options);
      if (scale_ != 1) logits.mul_(scale_);
      if (softcap_ > 0) logits.div_(softcap_).tanh_().mul_(softcap_);
      at::Tensor running = total.narrow(0, row, rows);
      running.copy_(at::logaddexp(running, at::logsumexp(logits, 1).to(at::kDouble)));
      const at::Tensor wanted = next.narrow(0, row, rows) - first;
      const at::Tensor here = (wanted >= 0).logical_and_(wanted < size).squeeze(1);
      at::Tensor found = target.narrow(0, row, rows);
      found.copy_(at::where(here, logits.gather(1, wanted.clamp(0, size - 1)).squeeze(1).to(at::kDouble), found));
    }
  }
  const at::Tensor losses = (total - target).cpu();
  const double* values = losses.const_data_ptr<double>();
  return std::vector<double>(values, values + count);
}

}  // namespace longattn
