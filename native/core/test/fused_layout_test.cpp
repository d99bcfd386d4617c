// Every chunk of a packed tile has a place of its own, and what ldmatrix reads at a time lies in different groups of
// banks. That the places are the ones that ldmatrix, mma and wgmma look at, fused_kernel_test shows.
#include <set>

#include "check.h"
#include "device/fused/layout.h"

namespace {

using namespace longattn::device;

template <int kRows, int kDim>
void test_tile() {
  std::set<int> places;
  for (int row = 0; row < kRows; ++row)
    for (int chunk = 0; chunk < kDim / 8; ++chunk) places.insert(tile_offset<kRows>(row, chunk));
  CHECK(places.size() == kRows * kDim / 8 && *places.begin() == 0 &&
        *places.rbegin() == tile_bytes(kRows, kDim) - kChunkBytes);
  for (int row = 0; row < kRows; row += 8)
    for (int chunk = 0; chunk < kDim / 8; ++chunk) {
      std::set<int> banks;
      for (int i = 0; i < 8; ++i) banks.insert(tile_offset<kRows>(row + i, chunk) / kChunkBytes % 8);
      CHECK(banks.size() == 8);
    }
}

}  // namespace

int main() {
  test_tile<kQueryTileRows, 64>();
  test_tile<kQueryTileRows, 128>();
  test_tile<kQueryTileRows, 256>();
  test_tile<kKeyTileRows, 64>();
  test_tile<kKeyTileRows, 128>();
  test_tile<kKeyTileRows, 256>();
  return check::exit_code();
}
