// The contract of what shows attention itself: chosen rows of the L x L matrix, and the whole of it as block means.
// Neither needs memory for the matrix. Problems and their sources are those of attention_stats.h; k is not looked at.
#pragma once

#include "attention_stats.h"

namespace longattn {

constexpr int64_t kMaxMapBlocks =
    1024;  // a map is for eyes and small models; each thread keeps its sums for one block row

struct MapOptions {
  std::vector<int64_t> heads;                 // ascending, distinct, at least one
  bool mean = false;                          // one result, the mean over `heads`, instead of one a head
  int threads = 0;                            // 0: all
  const std::atomic<bool>* cancel = nullptr;  // polled at least every 50 ms; throws Cancelled
};

// First row, or key, of block j: floor(j*L/B). edge(B) = L.
inline int64_t map_edge(int64_t length, int64_t blocks, int64_t j) {
  return j * length / blocks;
}

// For each result (a head, or the mean) and each of `rows`, M[n, 0..n]: [n + 1], zero where the mask hides a key.
// Logits, normaliser and means in float64, as in the reference; rounded to float32 at the end. Memory: what is
// returned, and the keys of one KV head. Throws NotFinite, Cancelled, std::invalid_argument.
std::vector<std::vector<std::vector<float>>> attention_rows(const AttentionProblem& problem,
                                                            const std::vector<int64_t>& rows,
                                                            const MapOptions& options);

// For each result the B x B map, row-major: cell (i, j) is the mean of M over the rows of block i and the keys of block
// j, with 0 for what the mask hides. So sum_j cell(i, j) * width(j) = 1, or less by what sink logits take. `blocks` =
// B, 1 to min(L, kMaxMapBlocks). float32 products and exponentials, float64 sums, by the kernel that attention_stats()
// uses; bits do not depend on `threads`. Memory: O(L + B*B). Throws as attention_rows.
std::vector<std::vector<float>> attention_map(const AttentionProblem& problem, int64_t blocks,
                                              const MapOptions& options);

// The same by the float64 rows, one after the other.
std::vector<std::vector<float>> attention_map_reference(const AttentionProblem& problem, int64_t blocks,
                                                        const MapOptions& options);

}  // namespace longattn
