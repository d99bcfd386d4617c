// Gathers, rotates, rounds and packs: from rows of float32 to tiles that the kernels copy whole. One pass over the
// window instead of one an operator.
#pragma once

#include "device/fused/fused_kernel.h"
#include "device/fused/layout.h"
#include "device/fused/machine.h"

namespace longattn {
namespace device {

// Number e of a row after its rotation as `position`; 0 beyond the row.
LONGATTN_DEVICE float rotated(const PackArguments& a, const float* row, int position, int e) {
  if (e >= a.dim) return 0.0f;
  const float x = row[e];
  if (a.half == 0) return x;
  const auto pair_of = [&a](int distance) {  // of a number that lies `distance` from the first of its kind, or -1
    const bool one = distance >= 0 && distance % a.first_stride == 0 && distance / a.first_stride < a.half;
    return one ? distance / a.first_stride : -1;
  };
  const int first = pair_of(e - a.offset), second = pair_of(e - a.offset - a.second_offset);
  const int64_t angle = static_cast<int64_t>(position) * a.half;
  if (first >= 0) return x * a.cos[angle + first] - row[e + a.second_offset] * a.sin[angle + first];
  if (second >= 0) return x * a.cos[angle + second] + row[e - a.second_offset] * a.sin[angle + second];
  return x;
}

// Whether eight numbers that lie together are rotated with eight that lie together, as in nearly every model.
LONGATTN_DEVICE bool rotates_chunks(const PackArguments& a) {
  return a.half == 0 || (a.first_stride == 1 && (a.offset | a.second_offset | a.half) % 8 == 0);
}

// Numbers 8 * chunk .. 8 * chunk + 7, the same.
LONGATTN_DEVICE void rotated_chunk(const PackArguments& a, const float* row, int position, int chunk, float (&x)[8]) {
  const int e = chunk * 8;
  if (e + 8 > a.dim || !rotates_chunks(a)) {
    LONGATTN_DEVICE_UNROLL
    for (int i = 0; i < 8; ++i) x[i] = rotated(a, row, position, e + i);
    return;
  }
  machine::load_floats(x, row + e);
  const int first = e - a.offset, second = first - a.second_offset;
  const bool is_first = first >= 0 && first < a.half, is_second = second >= 0 && second < a.half;
  if (!is_first && !is_second) return;
  float other[8], cos[8], sin[8];
  const int64_t angle = static_cast<int64_t>(position) * a.half + (is_first ? first : second);
  machine::load_floats(other, row + e + (is_first ? a.second_offset : -a.second_offset));
  machine::load_floats(cos, a.cos + angle);
  machine::load_floats(sin, a.sin + angle);
  LONGATTN_DEVICE_UNROLL
  for (int i = 0; i < 8; ++i) x[i] = x[i] * cos[i] + (is_first ? -other[i] : other[i]) * sin[i];
}

// Chunk `chunk` of row `row` of tile `tile` of head `head`.
template <FusedType kType, int kRows, int kDim>
LONGATTN_DEVICE void pack_chunk(const PackArguments& a, int head, int tile, int row, int chunk) {
  constexpr float kLargestHalf = 65504.0f, kLargest = 3.4028234e38f;
  union {
    uint16_t numbers[8];
    uint64_t words[2];
  } packed;
  const int position = tile * kRows + row;
  unsigned flags = 0;
  packed.words[0] = packed.words[1] = 0;
  if (position < a.length) {
    const int64_t source = a.index != nullptr ? a.index[position] : position;
    const float* from = a.rows + source * a.row_stride + head * a.head_stride;
    float x[8];
    rotated_chunk(a, from, position, chunk, x);
    LONGATTN_DEVICE_UNROLL
    for (int i = 0; i < 8; ++i) {
      const float size = fabsf(x[i]);
      if (!(size <= kLargest)) flags |= kNotFinite;
      if (kType == FusedType::fp16 && size > kLargestHalf) flags |= kBeyondHalf;
      packed.numbers[i] = machine::half_bits<kType>(x[i]);
    }
  }
  if (flags != 0) machine::add_flags(a.flags + head, flags);
  unsigned char* to = static_cast<unsigned char*>(a.out) +
                      (static_cast<int64_t>(head) * a.tiles + tile) * tile_bytes(kRows, kDim) +
                      tile_offset<kRows>(row, chunk);
  reinterpret_cast<uint64_t*>(to)[0] = packed.words[0];
  reinterpret_cast<uint64_t*>(to)[1] = packed.words[1];
}

}  // namespace device
}  // namespace longattn
