// Strides of tensors and tables of angles become plain pointers.
#include "device/fused/packing.h"

namespace longattn::device {

Packing::Packing(const AttentionProblem& problem, const DeviceRows& rows) : q_(rows.q), k_(rows.k), index_(rows.index) {
  common_.length = static_cast<int>(problem.length);
  common_.dim = static_cast<int>(problem.dim);
  if (index_.defined()) common_.index = index_.const_data_ptr<int32_t>();
  if (!rows.angles.defined()) return;
  cos_ = rows.angles.cos.contiguous();
  sin_ = rows.angles.sin.contiguous();
  common_.cos = cos_.const_data_ptr<float>();
  common_.sin = sin_.const_data_ptr<float>();
  common_.half = static_cast<int>(rows.angles.half);
  common_.offset = static_cast<int>(rows.angles.offset);
  common_.first_stride = static_cast<int>(rows.angles.first_stride);
  common_.second_offset = static_cast<int>(rows.angles.second_offset);
}

PackArguments Packing::queries(int64_t first, int64_t count, int tiles, const at::Tensor& out, int* beyond,
                               const float* shrink) const {
  return heads(q_, first, count, tiles, out, beyond, shrink);
}

PackArguments Packing::keys(int64_t first, int64_t count, int tiles, const at::Tensor& out, int* beyond,
                            const float* shrink) const {
  return heads(k_, first, count, tiles, out, beyond, shrink);
}

PackArguments Packing::heads(const at::Tensor& x, int64_t first, int64_t count, int tiles, const at::Tensor& out,
                             int* beyond, const float* shrink) const {
  PackArguments a = common_;
  a.rows = x.const_data_ptr<float>() + first * x.stride(1);
  a.row_stride = x.stride(0);
  a.head_stride = x.stride(1);
  a.heads = static_cast<int>(count);
  a.tiles = tiles;
  a.out = out.mutable_data_ptr();
  a.beyond = reinterpret_cast<unsigned*>(beyond);
  a.shrink = shrink;
  return a;
}

}  // namespace longattn::device
