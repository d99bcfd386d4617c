// One row of attention in float64, with nothing clever: what the reference and the exact rows are made of.
#pragma once

#include "attention_stats.h"

namespace longattn::attention {

// M[n,i] = exp(s[i] - top) / normaliser
struct Softmax {
  double top, normaliser;
};

// s[0..n] = logits of row n, -inf where the sliding window hides a key. query: [dim], keys: [n + 1][dim].
void exact_logits(const AttentionProblem& problem, int64_t head, int64_t n, const float* query, const float* keys,
                  double* s);

// Over s[0..n] and the head's sink logit.
Softmax exact_softmax(const AttentionProblem& problem, int64_t head, int64_t n, const double* s);

}  // namespace longattn::attention
