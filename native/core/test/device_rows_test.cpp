// Rows of tokens on torch's CPU or the device that LONGATTN_TEST_DEVICE names: they are the CPU's, and refused where
// they are not finite.
#include "device/device_rows.h"

#include <ATen/Parallel.h>

#include <fstream>

#include "device_windows.h"
#include "error_check.h"

namespace {

using namespace fixture;

// To the bit where nothing is rotated, else to float32's rounding of angles and products.
void rows_are_those_of_the_cpu() {
  for (const S& shape : kShapes) {
    const LayerZeroModel model(shape);
    LayerZero layer(parse_model_spec(model.spec()), 0);
    device::DeviceTable table(test_device(), 0);
    layer.visit(kWindows[0].ids.data(), kLength, {0}, {}, [&](int64_t, AttentionProblem& p) {
      const device::DeviceRows rows = device::read_rows(p, {}, test_device(), table);
      for (int64_t kv = 0; kv < p.kv_heads; ++kv) {
        const device::GroupTensors group = device::read_group(rows, kv);
        p.mutable_source->prepare_group(kv);
        at::Tensor q = at::empty({shape.heads / shape.kv_heads, kLength, shape.dim}, at::kFloat),
                   k = at::empty_like(group.k, at::kCPU);
        p.source->keys(kv, 0, kLength, k.data_ptr<float>());
        for (int64_t g = 0; g < q.size(0); ++g)
          p.source->queries(group.first_head + g, 0, kLength, q[g].data_ptr<float>());
        const double allowed = !rows.angles.defined() ? 0 : 2e-6;
        CHECK((group.q.cpu() - q).abs().max().item<float>() <= allowed);
        CHECK((group.k.cpu() - k).abs().max().item<float>() <= allowed);
      }
    });
  }
}

// Weights that are finite, and a row of Q or K that is not: refused also when its rows are in the table already.
void names_the_head_that_is_not_finite() {
  for (const auto& [role, row, head] : {std::tuple{"layers.0.q", 3 * 6 + 2, 3}, std::tuple{"layers.0.k", 6 + 1, 2}}) {
    const LayerZeroModel model({});
    std::fstream file(model.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(model.offset_of(role) + row * 24 * 4);
    for (int i = 0; i < 24; ++i) {
      const float huge = i % 2 == 0 ? 3e38F : -3e38F;
      file.write(reinterpret_cast<const char*>(&huge), sizeof huge);
    }
    file.close();
    LayerZero layer(parse_model_spec(model.spec()), 0);
    DeviceStats stats(test_placement());
    for (int time = 0; time < 2; ++time)
      CHECK_ERROR(scored(layer, stats, kWindows[0]), kAttentionNotFinite, "head " + std::to_string(head) + " is not");
  }
}

void a_bad_weight_leaves_nothing_behind() {
  const LayerZeroModel model({});
  std::fstream file(model.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(model.offset_of("embed") + 4 * (22 * 24 + 3));
  const float bad = NAN;
  file.write(reinterpret_cast<const char*>(&bad), sizeof bad);
  file.close();
  LayerZero layer(parse_model_spec(model.spec()), 0);
  DeviceStats stats(test_placement()), fresh(test_placement());
  const auto want = scored(layer, fresh, kWindows[0]);
  ScoreRequest bad_window = kWindows[3];
  bad_window.ids.back() = 22;
  CHECK_ERROR(scored(layer, stats, bad_window), kWeightNotFinite, "tensor embed in ");
  CHECK(equal(scored(layer, stats, kWindows[0]), want));
}

}  // namespace

int main() {
  at::set_num_threads(1);  // tiny windows: waking threads would be most of the time
  rows_are_those_of_the_cpu();
  names_the_head_that_is_not_finite();
  a_bad_weight_leaves_nothing_behind();
  return check::exit_code();
}
