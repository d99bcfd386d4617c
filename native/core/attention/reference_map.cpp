// The map by its definition: every entry of every row, in float64, added to its cell.
#include <algorithm>
#include <cmath>

#include "attention/check_problem.h"
#include "attention/exact_row.h"
#include "attention_maps.h"

namespace longattn {
namespace {

int64_t block_of(int64_t length, int64_t blocks, int64_t position) {
  int64_t j = 0;
  while (map_edge(length, blocks, j + 1) <= position) ++j;
  return j;
}

}  // namespace

std::vector<std::vector<float>> attention_map_reference(const AttentionProblem& p, int64_t blocks,
                                                        const MapOptions& options) {
  attention::check_map_problem(p, options);
  attention::check_blocks(p, blocks);
  const int64_t group = p.heads / p.kv_heads;
  std::vector<int64_t> block(p.length);
  for (int64_t n = 0; n < p.length; ++n) block[n] = block_of(p.length, blocks, n);
  std::vector<float> keys(p.length * p.dim), query(p.dim);
  std::vector<double> s(p.length), cells(blocks * blocks);
  std::vector<std::vector<float>> result;
  int64_t prepared = -1;
  for (const int64_t head : options.heads) {
    if (head / group != prepared) {
      prepared = head / group;
      if (p.mutable_source != nullptr) p.mutable_source->prepare_group(prepared);
      p.source->keys(prepared, 0, p.length, keys.data());
      if (!attention::all_finite(keys.data(), p.length * p.dim)) throw NotFinite(head);
    }
    for (int64_t n = 0; n < p.length; ++n) {
      poll(options.cancel);
      p.source->queries(head, n, 1, query.data());
      if (!attention::all_finite(query.data(), p.dim)) throw NotFinite(head);
      attention::exact_logits(p, head, n, query.data(), keys.data(), s.data());
      const attention::Softmax softmax = attention::exact_softmax(p, head, n, s.data());
      for (int64_t i = 0; i <= n; ++i)
        cells[block[n] * blocks + block[i]] += std::exp(s[i] - softmax.top) / softmax.normaliser;
    }
    if (options.mean && head != options.heads.back()) continue;
    std::vector<float> map;
    for (int64_t i = 0; i < blocks; ++i)
      for (int64_t j = 0; j < blocks; ++j) {
        const int64_t height = map_edge(p.length, blocks, i + 1) - map_edge(p.length, blocks, i);
        const int64_t width = map_edge(p.length, blocks, j + 1) - map_edge(p.length, blocks, j);
        const double heads = options.mean ? static_cast<double>(options.heads.size()) : 1;
        map.push_back(static_cast<float>(cells[i * blocks + j] / (static_cast<double>(height * width) * heads)));
      }
    result.push_back(std::move(map));
    std::fill(cells.begin(), cells.end(), 0.0);
  }
  return result;
}

}  // namespace longattn
