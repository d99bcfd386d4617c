// The loop that the vector kernels share. Include only from a file with its own flags; simd/inline.h says what that
// asks of it.
#pragma once

#include <stdint.h>

#include "simd/inline.h"

namespace longattn {
namespace gate {
namespace {

constexpr int kVectors = 4;
constexpr float kLog2E = 1.44269504F;

// values[i] (up[i] unless null) of kVectors * kLanes numbers: curve, or the sigmoid alone.
template <class V, bool kTimesX>
LONGATTN_INLINE void whole(float linear, float cubic, float* x, const float* up) {
  typename V::Vec in[kVectors], power[kVectors], e[kVectors];
  LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
    in[v] = V::load_unaligned(x + v * V::kLanes);
    const auto slope = V::fma(V::mul(V::set1(-kLog2E * cubic), in[v]), in[v], V::set1(-kLog2E * linear));
    power[v] = V::mul(slope, in[v]);
  }
  V::exp2(power, e);
  LONGATTN_UNROLL for (int v = 0; v < kVectors; ++v) {
    auto out = V::div(kTimesX ? in[v] : V::set1(1), V::add(e[v], V::set1(1)));
    if (up != nullptr) out = V::mul(out, V::load_unaligned(up + v * V::kLanes));
    V::store_unaligned(x + v * V::kLanes, out);
  }
}

// What does not fill the vectors is computed by them too: a number's bits do not depend on its place.
template <class V, bool kTimesX>
void loop(float linear, float cubic, int64_t count, float* x, const float* up) {
  constexpr int64_t kStep = kVectors * V::kLanes;
  int64_t i = 0;
  for (; i + kStep <= count; i += kStep) whole<V, kTimesX>(linear, cubic, x + i, up == nullptr ? nullptr : up + i);
  if (i == count) return;
  float last[kStep] = {}, last_up[kStep] = {};
  for (int64_t j = i; j < count; ++j) {
    last[j - i] = x[j];
    if (up != nullptr) last_up[j - i] = up[j];
  }
  whole<V, kTimesX>(linear, cubic, last, up == nullptr ? nullptr : last_up);
  for (int64_t j = i; j < count; ++j) x[j] = last[j - i];
}

}  // namespace
}  // namespace gate
}  // namespace longattn
