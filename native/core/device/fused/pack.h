// Gathers, rotates, rounds and packs: from rows of float32 to tiles that the kernels copy whole. One pass over the
// window instead of one an operator, in which every number is read once, and an angle once for eight heads.
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

template <FusedType kType, int kRows, int kDim>
struct RowPacker {
  const PackArguments& a;
  const int position, first_head, end_head;

  LONGATTN_DEVICE RowPacker(const PackArguments& arguments, int head, int row)
      : a(arguments), position(row), first_head(head), end_head(smaller(head + kPackHeads, arguments.heads)) {}

  LONGATTN_DEVICE void store(int head, int chunk, float (&x)[8]) const {
    constexpr float kLargest = 3.4028234e38f;
    union {
      uint16_t numbers[8];
      uint64_t words[2];
    } packed;
    const float shrink = a.shrink != nullptr ? a.shrink[head] : 1.0f;
    unsigned beyond = 0;
    LONGATTN_DEVICE_UNROLL
    for (int i = 0; i < 8; ++i) {
      const float y = x[i] * shrink, size = fabsf(y);
      const bool held = size <= (kType == FusedType::fp16 ? kLargestHalf : kLargest);  // no for NaN
      if (!held && machine::float_bits(size) > beyond) beyond = machine::float_bits(size);
      packed.numbers[i] = machine::half_bits<kType>(y);
    }
    if (beyond != 0) machine::raise(a.beyond + head, beyond);
    const int64_t tile = static_cast<int64_t>(head) * a.tiles + position / kRows;
    unsigned char* to = static_cast<unsigned char*>(a.out) + tile * tile_bytes(kRows, kDim) +
                        tile_offset<kRows>(position % kRows, chunk);
    reinterpret_cast<uint64_t*>(to)[0] = packed.words[0];
    reinterpret_cast<uint64_t*>(to)[1] = packed.words[1];
  }

  // A row past the window.
  LONGATTN_DEVICE void zeros(int chunk) const {
    for (int head = first_head; head < end_head; ++head) {
      float x[8] = {};
      store(head, chunk, x);
    }
  }

  // A chunk by itself, its numbers one by one: those at a row's end, and rotations that take chunks apart.
  LONGATTN_DEVICE void one_by_one(const float* row, int chunk) const {
    for (int head = first_head; head < end_head; ++head) {
      float x[8];
      LONGATTN_DEVICE_UNROLL
      for (int i = 0; i < 8; ++i) x[i] = rotated(a, row + head * a.head_stride, position, 8 * chunk + i);
      store(head, chunk, x);
    }
  }

  // A chunk that no rotation touches.
  LONGATTN_DEVICE void as_it_is(const float* row, int chunk) const {
    for (int head = first_head; head < end_head; ++head) {
      float x[8];
      machine::load_floats(x, row + head * a.head_stride + 8 * chunk);
      store(head, chunk, x);
    }
  }

  // A chunk of first halves, pairs `pair` and on, and the chunk of their second halves.
  LONGATTN_DEVICE void pairs(const float* row, int chunk, int pair) const {
    float cos[8], sin[8];
    const int64_t angle = static_cast<int64_t>(position) * a.half + pair;
    machine::load_floats(cos, a.cos + angle);
    machine::load_floats(sin, a.sin + angle);
    for (int head = first_head; head < end_head; ++head) {
      const float* from = row + head * a.head_stride + 8 * chunk;
      float x[8], y[8];
      machine::load_floats(x, from);
      machine::load_floats(y, from + a.second_offset);
      LONGATTN_DEVICE_UNROLL
      for (int i = 0; i < 8; ++i) {
        const float turned = x[i] * cos[i] - y[i] * sin[i];
        y[i] = y[i] * cos[i] + x[i] * sin[i];
        x[i] = turned;
      }
      store(head, chunk, x);
      store(head, chunk + a.second_offset / 8, y);
    }
  }
};

// What the thread of chunk `chunk` of row `position` packs of the heads first_head .. first_head + kPackHeads - 1: the
// chunk, with the one that it is rotated with, or nothing where that is another thread's.
template <FusedType kType, int kRows, int kDim>
LONGATTN_DEVICE void pack_chunk(const PackArguments& a, int first_head, int position, int chunk) {
  const RowPacker<kType, kRows, kDim> packer(a, first_head, position);
  if (position >= a.length) return packer.zeros(chunk);
  const float* row = a.rows + (a.index != nullptr ? a.index[position] : position) * a.row_stride;
  const int e = chunk * 8, first = e - a.offset, second = first - a.second_offset;
  if (e + 8 > a.dim || !rotates_chunks(a)) return packer.one_by_one(row, chunk);
  if (first >= 0 && first < a.half) return packer.pairs(row, chunk, first);
  if (second >= 0 && second < a.half) return;
  packer.as_it_is(row, chunk);
}

}  // namespace device
}  // namespace longattn
