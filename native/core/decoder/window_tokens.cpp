// The table stays on the CPU, in its file. To a device go the rows of distinct tokens, a few thousand of a window's
// 32,768: less than what keeping a table of 128,256 rows there would take from the weights.
#include "decoder/window_tokens.h"

#include <algorithm>

#include "decoder/feed_forward.h"
#include "parallel_rows.h"

namespace longattn {

WindowTokens::WindowTokens(const int32_t* ids, int64_t length, at::Device device)
    : ids(ids), length(length), distinct(ids, ids + length) {
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<int64_t> firsts(distinct.size()), places(static_cast<size_t>(length));
  for (int64_t i = length - 1; i >= 0; --i) {
    places[i] = std::lower_bound(distinct.begin(), distinct.end(), ids[i]) - distinct.begin();
    firsts[places[i]] = i;
  }
  first = at::tensor(firsts).to(device);
  place = at::tensor(places).to(device);
}

at::Tensor embed_window(Backend& backend, const Embedding& embedding, const Linear& projection,
                        const WindowTokens& tokens, const ProviderOptions& options) {
  const int threads = thread_count(options.threads);
  const bool once = backend.remote();
  const int32_t* ids = once ? tokens.distinct.data() : tokens.ids;
  const int64_t count = once ? static_cast<int64_t>(tokens.distinct.size()) : tokens.length;
  at::Tensor x = at::empty({count, embedding.width()}, at::kFloat);
  float* data = x.data_ptr<float>();
  parallel_rows(count, threads, [&](int64_t n) { embedding.row(ids[n], data + n * embedding.width()); });
  x = x.to(backend.device());
  if (projection.weight.defined()) x = project(backend, projection, x, options);
  if (once) x = x.index_select(0, tokens.place);
  if (!embedding.by_position()) return x;
  const at::Tensor sum = once ? at::zeros({tokens.length, embedding.hidden()}, at::kFloat) : x;
  float* rows = sum.mutable_data_ptr<float>();
  parallel_rows(tokens.length, threads, [&](int64_t n) { embedding.add_position(n, rows + n * embedding.hidden()); });
  return once ? x.add_(sum.to(x.device())) : x;
}

}  // namespace longattn
