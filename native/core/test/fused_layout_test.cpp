// The kernel's addresses, with ldmatrix and mma.m16n8k16 stood in for as the PTX manual defines them: copies into
// shared memory, fragments out of it and accumulators must give products of rows.
#include <set>
#include <vector>

#include "check.h"
#include "cuda/fused/layout.h"

namespace {

using namespace longattn::device;

using Fragment = int[32][4][2];  // [lane][register][lower, upper half]

// ldmatrix.x4: matrix j's row i lies at the address that lane 8 j + i gives; lane l gets numbers 2 (l % 4) and the next
// of row l / 4 of each matrix.
template <int kDim, typename Address>
void load_matrices(const std::vector<int>& shared, const Address& address, Fragment& out) {
  for (int lane = 0; lane < 32; ++lane)
    for (int matrix = 0; matrix < 4; ++matrix) {
      const LaneAddress at = address(8 * matrix + lane / 4);
      const int first = tile_offset<kDim>(at.row, at.chunk) / 2 + 2 * (lane % 4);
      out[lane][matrix][0] = shared[first];
      out[lane][matrix][1] = shared[first + 1];
    }
}

// mma.m16n8k16: A in four registers, B in two, by the manual's tables.
void multiply_add(const Fragment& a, const Fragment& b, int first_register, int (&c)[32][4]) {
  int left[16][16], right[16][8];
  for (int lane = 0; lane < 32; ++lane)
    for (int r = 0; r < 4; ++r)
      for (int i = 0; i < 2; ++i) {
        left[lane / 4 + (r % 2 == 0 ? 0 : 8)][lane % 4 * 2 + i + (r < 2 ? 0 : 8)] = a[lane][r][i];
        if (r < 2) right[lane % 4 * 2 + i + 8 * r][lane / 4] = b[lane][first_register + r][i];
      }
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + (i < 2 ? 0 : 8), column = lane % 4 * 2 + i % 2;
      for (int k = 0; k < 16; ++k) c[lane][i] += left[row][k] * right[k][column];
    }
}

template <int kDim>
std::vector<int> tile(int rows, int seed) {
  std::vector<int> shared(rows * kDim, 0);
  for (int row = 0; row < rows; ++row)
    for (int j = 0; j < kDim; ++j)
      shared[tile_offset<kDim>(row, j / 8) / 2 + j % 8] = (row * 31 + j * 17 + seed) % 23 - 11;
  return shared;
}
int value(int row, int j, int seed) {
  return (row * 31 + j * 17 + seed) % 23 - 11;
}

template <int kDim>
void test_products() {
  const std::vector<int> queries = tile<kDim>(32, 1), keys = tile<kDim>(64, 5);
  for (int row0 : {0, 16})
    for (int t = 0; t < 8; t += 2) {
      int c[2][32][4] = {};
      for (int step = 0; step < kDim / 16; ++step) {
        Fragment a, b;
        load_matrices<kDim>(queries, [&](int lane) { return query_address(lane, row0, 2 * step); }, a);
        load_matrices<kDim>(keys, [&](int lane) { return key_address(lane, 8 * t, 2 * step); }, b);
        multiply_add(a, b, 0, c[0]);
        multiply_add(a, b, 2, c[1]);
      }
      for (int u = 0; u < 2; ++u)
        for (int lane = 0; lane < 32; ++lane)
          for (int half = 0; half < 2; ++half)
            for (int e = 0; e < 2; ++e) {
              int want = 0;
              const int row = row0 + accumulator_row(lane, half), key = 8 * (t + u) + accumulator_column(lane, e);
              for (int j = 0; j < kDim; ++j) want += value(row, j, 1) * value(key, j, 5);
              CHECK(c[u][lane][2 * half + e] == want);
            }
    }
}

// Every chunk has a place of its own, and the eight rows that ldmatrix reads at a time lie in eight groups of banks.
template <int kDim>
void test_banks() {
  std::set<int> places;
  for (int row = 0; row < 64; ++row)
    for (int chunk = 0; chunk < kDim / 8; ++chunk) places.insert(tile_offset<kDim>(row, chunk));
  CHECK(places.size() == 64 * kDim / 8 && *places.rbegin() == 64 * kDim * 2 - kChunkBytes);
  for (int row = 0; row < 64; row += 8)
    for (int chunk = 0; chunk < kDim / 8; ++chunk) {
      std::set<int> banks;
      for (int i = 0; i < 8; ++i) banks.insert(tile_offset<kDim>(row + i, chunk) / kChunkBytes % 8);
      CHECK(banks.size() == 8);
    }
}

}  // namespace

int main() {
  test_products<64>();
  test_products<128>();
  test_products<256>();
  test_banks<64>();
  test_banks<128>();
  test_banks<256>();
  return check::exit_code();
}
