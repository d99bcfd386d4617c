// Packs strips and panels and multiplies them. Compiled with its flags.
#include <immintrin.h>

#include "decoder/bf16/amx_tiles.h"
#include "decoder/bf16/tile.h"

namespace longattn {
namespace bf16 {
namespace {

// to[i][j] = from[j][i] for 16 x 16 pairs; rows of `to` are 32 pairs apart.
void transpose(__m512i (&x)[16], uint32_t* to) {
  __m512i y[16];
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
    x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
    x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
    x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
  }
  // x[4g + c]: column c of each quarter, rows 4g .. 4g + 3.
  for (int c = 0; c < 4; ++c) {
    const __m512i low = _mm512_shuffle_i32x4(x[c], x[4 + c], 0x88), high = _mm512_shuffle_i32x4(x[c], x[4 + c], 0xdd);
    const __m512i low2 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0x88),
                  high2 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0xdd);
    _mm512_store_si512(to + c * kSide, _mm512_shuffle_i32x4(low, low2, 0x88));
    _mm512_store_si512(to + (4 + c) * kSide, _mm512_shuffle_i32x4(high, high2, 0x88));
    _mm512_store_si512(to + (8 + c) * kSide, _mm512_shuffle_i32x4(low, low2, 0xdd));
    _mm512_store_si512(to + (12 + c) * kSide, _mm512_shuffle_i32x4(high, high2, 0xdd));
  }
}

__mmask32 first_numbers(int64_t count) {
  return count >= kSide ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
}

}  // namespace

void pack_strip(const float* x, int64_t stride, int64_t rows, int64_t inputs, uint32_t* strip) {
  for (int64_t from = 0; from < inputs; from += kSide, strip += kStepPairs) {
    const __mmask32 there = first_numbers(inputs - from);
    for (int64_t r = 0; r < kSide; ++r) {
      __m512i pairs = _mm512_setzero_si512();
      if (r < rows) {
        const float* row = x + r * stride + from;
        const __m512 low = _mm512_maskz_loadu_ps(static_cast<__mmask16>(there), row);
        const __m512 high = _mm512_maskz_loadu_ps(static_cast<__mmask16>(there >> 16), row + 16);
        pairs = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
      }
      _mm512_store_si512(strip + r * kSide / 2, pairs);
    }
  }
}

void pack_panel(const uint16_t* weight, int64_t stride, int64_t outputs, int64_t inputs, uint32_t* panel) {
  for (int64_t from = 0; from < inputs; from += kSide, panel += kStepPairs) {
    const __mmask32 there = first_numbers(inputs - from);
    for (int64_t first = 0; first < kSide; first += 16) {
      __m512i rows[16];
      for (int64_t j = 0; j < 16; ++j) {
        rows[j] = first + j < outputs ? _mm512_maskz_loadu_epi16(there, weight + (first + j) * stride + from)
                                      : _mm512_setzero_si512();
      }
      transpose(rows, panel + first);
    }
  }
}

void multiply_piece(const Piece& piece) {
  const amx::TileConfig config;
  _tile_loadconfig(&config);
  for (int64_t p = 0; p < piece.panel_count; ++p) {
    const uint32_t* panel = piece.panels + p * piece.panel_stride;
    for (int64_t s = 0; s < piece.strip_count; ++s) {
      const uint32_t* strip = piece.strips + s * piece.strip_stride;
      float* out = piece.out + s * kSide * piece.out_stride + p * kSide;
      if (piece.add != 0) {
        amx::multiply<true>(strip, 64, kStepPairs * 4, piece.steps, panel, out, piece.out_stride * 4);
      } else {
        amx::multiply<false>(strip, 64, kStepPairs * 4, piece.steps, panel, out, piece.out_stride * 4);
      }
    }
  }
  _tile_release();
}

}  // namespace bf16
}  // namespace longattn
