// Statistics of attention without its matrix: products on the tensor cores, everything else in registers.
//
// A block of 4 warps owns 128 rows of a head (64 where heads are 256 wide) and walks over tiles of 64 keys, three tiles
// in flight. Blocks are persistent and take (row block, head) items from a counter, longest first; each writes its own
// slot, so the bits depend neither on the schedule nor on the number of multiprocessors. Two blocks share a
// multiprocessor where registers allow: while one computes exponentials the other multiplies.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include "cuda/fused/fused_kernel.h"
#include "cuda/fused/layout.h"
#include "cuda/fused/row_end.h"
#include "cuda/fused/row_lane.h"
#include "cuda/fused/walk.h"

namespace longattn {
namespace device {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = 32 * kWarps;
constexpr int kStages = 3;
constexpr int kColumnTiles = kTileKeys / 8;

// Q stays in registers: 16 rows of 256 numbers take as many as 32 rows of 128.
__host__ __device__ constexpr int row_tiles(int dim) {
  return dim > 128 ? 1 : 2;
}
__host__ __device__ constexpr int block_rows(int dim) {
  return 16 * kWarps * row_tiles(dim);
}

__device__ __forceinline__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// 16 bytes to shared memory, zeros if not `valid`; the source must be a valid address either way.
__device__ __forceinline__ void copy_async(uint32_t to, const void* from, bool valid) {
  const int bytes = valid ? kChunkBytes : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
__device__ __forceinline__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

template <typename T>
__device__ __forceinline__ void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
template <>
__device__ __forceinline__ void multiply_add<__half>(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <>
__device__ __forceinline__ void multiply_add<__nv_bfloat16>(float (&c)[4], const uint32_t (&a)[4], uint32_t b0,
                                                            uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ SegmentSum other_lane(const SegmentSum& s, int mask) {
  return {__shfl_xor_sync(~0u, s.shift, mask), __shfl_xor_sync(~0u, s.mass, mask),
          __shfl_xor_sync(~0u, s.squares, mask), 0.0f};
}
__device__ __forceinline__ RowSum other_lane(const RowSum& s, int mask) {
  return {__shfl_xor_sync(~0u, s.shift, mask), __shfl_xor_sync(~0u, s.total, mask),
          __shfl_xor_sync(~0u, s.weighted, mask), __shfl_xor_sync(~0u, s.peak, mask)};
}
// The four lanes of a row, in the same order whichever lane asks.
template <typename Sum>
__device__ __forceinline__ Sum merge_lanes(Sum sum, int lane) {
#pragma unroll
  for (int mask = 1; mask <= 2; mask *= 2) {
    const Sum other = other_lane(sum, mask);
    sum = (lane & mask) == 0 ? merge(sum, other) : merge(other, sum);
  }
  return sum;
}

// Shared memory of a block.
template <int kDim>
struct Shared {
  alignas(128) unsigned char tiles[kStages][kTileKeys * kDim * 2];  // the rows of Q pass through it first
  RowSum ends[block_rows(kDim)];
  float sinks[block_rows(kDim)][kSinkColumns];  // x of the first keys
  double sums[kWarps][kSlotFields];
  int item;
};

// A warp's rows: the Rows of walk_block().
template <typename T, int kDim>
struct WarpRows {
  static constexpr int kRowTiles = row_tiles(kDim), kSteps = kDim / 16, kBlock = block_rows(kDim);
  static_assert(kBlock <= kStages * kTileKeys, "Q passes through the tiles' memory");

  const FusedArguments& a;
  Shared<kDim>& shared;
  SegmentSum* workspace;  // [kMaxSegments][kBlock] of this block
  int head, first_row, last_row, lane, warp_row;
  int stage = 0;
  uint32_t q[kRowTiles][kSteps][4];
  float acc[kRowTiles][kColumnTiles][4];
  RowLane lanes[kRowTiles][2];

  __device__ __forceinline__ WarpRows(const FusedArguments& arguments, Shared<kDim>& memory, SegmentSum* own, int item)
      : a(arguments), shared(memory), workspace(own) {
    const int blocks = (a.length + kBlock - 1) / kBlock;
    head = item % a.heads;
    first_row = (blocks - 1 - item / a.heads) * kBlock;
    last_row = min(first_row + kBlock, a.length) - 1;
    lane = threadIdx.x % 32;
    warp_row = threadIdx.x / 32 * 16 * kRowTiles;
  }

  __device__ __forceinline__ int local_row(int tile, int half) const {
    return warp_row + 16 * tile + accumulator_row(lane, half);
  }
  __device__ __forceinline__ LaneTile place(int tile, int half, int first_key) const {
    return {first_row + local_row(tile, half), first_key + accumulator_column(lane, 0), a.scale};
  }

  template <int kRows>
  __device__ __forceinline__ void copy_rows(unsigned char* to, const T* from, int first, int length) const {
    constexpr int kChunks = kDim / 8;
    static_assert(kRows * kChunks % kThreads == 0);
    const uint32_t base = shared_address(to);
#pragma unroll
    for (int i = 0; i < kRows * kChunks / kThreads; ++i) {
      const int index = i * kThreads + threadIdx.x, row = index / kChunks, chunk = index % kChunks;
      const bool valid = first + row < length;
      const T* source = from + (static_cast<int64_t>(valid ? first + row : 0) * kDim + chunk * 8);
      copy_async(base + tile_offset<kDim>(row, chunk), source, valid);
    }
  }
  // Always ends a group of copies, so that groups can be counted.
  __device__ __forceinline__ void copy_keys(int first_key, int to_stage) const {
    if (first_key <= last_row)
      copy_rows<kTileKeys>(shared.tiles[to_stage], static_cast<const T*>(a.k), first_key, a.length);
    commit_copies();
  }

  __device__ __forceinline__ void start() {
    const T* rows = static_cast<const T*>(a.q) + static_cast<int64_t>(head) * a.length * kDim;
    copy_rows<kBlock>(shared.tiles[0], rows, first_row, a.length);
    commit_copies();
    for (int s = 0; s < a.segments.count && a.segments.low[s] <= last_row; ++s)
      for (int row = threadIdx.x; row < kBlock; row += kThreads)
        workspace[s * kBlock + row] = {kNothing, 0.0f, 0.0f, 0.0f};
    wait_copies<0>();
    __syncthreads();
    const uint32_t base = shared_address(shared.tiles[0]);
#pragma unroll
    for (int tile = 0; tile < kRowTiles; ++tile) {
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        const LaneAddress at = query_address(lane, warp_row + 16 * tile, 2 * step);
        load_matrices(q[tile][step], base + tile_offset<kDim>(at.row, at.chunk));
      }
    }
    __syncthreads();  // Q is in registers everywhere, and the workspace is empty: keys may come
#pragma unroll
    for (int s = 0; s < kStages - 1; ++s) copy_keys(s * kTileKeys, s);
  }

  __device__ __forceinline__ void multiply(int first_key) {
    wait_copies<kStages - 2>();
    __syncthreads();  // this tile has come, and nobody reads the one before it any more
    copy_keys(first_key + (kStages - 1) * kTileKeys, stage == 0 ? kStages - 1 : stage - 1);
    const uint32_t base = shared_address(shared.tiles[stage]);
    stage = stage == kStages - 1 ? 0 : stage + 1;
#pragma unroll
    for (int tile = 0; tile < kRowTiles; ++tile)
#pragma unroll
      for (int t = 0; t < kColumnTiles; ++t)
#pragma unroll
        for (int i = 0; i < 4; ++i) acc[tile][t][i] = 0.0f;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int t = 0; t < kColumnTiles; t += 2) {
        uint32_t b[4];
        const LaneAddress at = key_address(lane, 8 * t, 2 * step);
        load_matrices(b, base + tile_offset<kDim>(at.row, at.chunk));
#pragma unroll
        for (int tile = 0; tile < kRowTiles; ++tile) {
          multiply_add<T>(acc[tile][t], q[tile][step], b[0], b[1]);
          multiply_add<T>(acc[tile][t + 1], q[tile][step], b[2], b[3]);
        }
      }
    }
  }

  template <typename Work>
  __device__ __forceinline__ void each_row(const Work& work) {
#pragma unroll
    for (int tile = 0; tile < kRowTiles; ++tile)
#pragma unroll
      for (int half = 0; half < 2; ++half) work(tile, half);
  }

  __device__ __forceinline__ float* sink_of(int tile, int half, int first_key) {
    return first_key == 0 ? shared.sinks[local_row(tile, half)] : nullptr;
  }

  __device__ __forceinline__ void inside(bool far) {
    each_row([&](int tile, int half) { lanes[tile][half].inside(acc[tile], half, a.scale, far); });
  }
  __device__ __forceinline__ void edge(int first_key, int low, bool open_far, bool next_far) {
    each_row([&](int tile, int half) {
      lanes[tile][half].edge(acc[tile], half, place(tile, half, first_key), low, open_far, next_far,
                             sink_of(tile, half, first_key));
    });
  }
  __device__ __forceinline__ void weights(int first_key) {
    const int first_far = a.segments.first_far;
    const int k = first_far < a.segments.count ? static_cast<int>(a.segments.low[first_far]) : a.length;
    each_row([&](int tile, int half) {
      lanes[tile][half].weights(acc[tile], half, place(tile, half, first_key), k, sink_of(tile, half, first_key));
    });
    key_of_weights = first_key;
  }
  __device__ __forceinline__ void part(int segment, int low, int high) {
    each_row([&](int tile, int half) {
      add(segment, tile, half, lanes[tile][half].part(acc[tile], half, place(tile, half, key_of_weights), low, high));
    });
  }
  __device__ __forceinline__ void close(int segment) {
    each_row([&](int tile, int half) { add(segment, tile, half, lanes[tile][half].close()); });
  }

  __device__ __forceinline__ void add(int segment, int tile, int half, const SegmentSum& lane_sum) {
    const SegmentSum sum = merge_lanes(lane_sum, lane);
    if (lane % 4 != 0) return;
    SegmentSum* to = workspace + segment * kBlock + local_row(tile, half);
    *to = merge(*to, sum);
  }

  __device__ __forceinline__ void end() {
    each_row([&](int tile, int half) {
      const RowSum sum = merge_lanes(lanes[tile][half].end(), lane);
      if (lane % 4 == 0) shared.ends[local_row(tile, half)] = sum;
    });
    wait_copies<0>();
  }

  int key_of_weights = 0;
};

__device__ __forceinline__ double warp_sum(double value) {
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(~0u, value, mask);
  return value;
}

// Shares of the block's rows, a thread a row, summed in a fixed order.
template <int kDim>
__device__ __forceinline__ void reduce_block(const FusedArguments& a, Shared<kDim>& shared, const SegmentSum* workspace,
                                             int head, int first_row, int last_row) {
  constexpr int kBlock = block_rows(kDim);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, row = threadIdx.x;
  const int n = first_row + row;
  const bool valid = row < kBlock && n <= last_row;
  const attention::Segments& segments = a.segments;
  const float minus_infinity = __int_as_float(0xff800000);
  RowScale scale = {0.0, 0.0, 0.0, 0.0f};
  double sink[kSinkColumns] = {};
  if (valid) {
    scale = row_scale(shared.ends[row], a.sink_logits != nullptr ? a.sink_logits[head] : minus_infinity);
#pragma unroll
    for (int i = 0; i < kSinkColumns; ++i) sink[i] = i <= n ? scale.factor(shared.sinks[row][i]) : 0.0;
  }
  double far = 0;
  double* sums = shared.sums[warp];
  for (int s = 0; s < segments.count; ++s) {
    double mass = 0, squares = 0, sink_mass = 0, sink_squares = 0;
    const int low = static_cast<int>(segments.low[s]), high = static_cast<int>(segments.low[s + 1]);
    if (valid && low <= n) {
      const SegmentSum sum = workspace[s * kBlock + row];
      const double factor = scale.factor(sum.shift);
      mass = sum.mass * factor;
      squares = sum.squares * factor * factor;
#pragma unroll
      for (int i = 0; i < kSinkColumns; ++i)
        if (n - i >= low && n - i < high) {
          sink_mass += sink[i];
          sink_squares += sink[i] * sink[i];
        }
      if (s >= segments.first_far) far += mass + sink_mass;
    }
    mass = warp_sum(mass);
    squares = warp_sum(squares);
    // Keys 0..3 are n - 3 .. n away: most segments hold none of them for any row of the block.
    if (low <= last_row && high > first_row - kSinkColumns) {
      sink_mass = warp_sum(sink_mass);
      sink_squares = warp_sum(sink_squares);
    }
    if (lane == 0) {
      sums[kSlotMass + s] = mass;
      sums[kSlotSquares + s] = squares;
      sums[kSlotSinkMass + s] = sink_mass;
      sums[kSlotSinkSquares + s] = sink_squares;
    }
  }
  const double entropy = warp_sum(scale.entropy), peak = warp_sum(scale.peak);
  if (lane == 0) {
    sums[kSlotEntropy] = entropy;
    sums[kSlotPeak] = peak;
  }
  if (valid && a.token_far != nullptr) a.token_far[static_cast<int64_t>(head) * a.length + n] = static_cast<float>(far);
  __syncthreads();
  const int blocks = (a.length + kBlock - 1) / kBlock;
  double* slot = a.slots + (static_cast<int64_t>(head) * blocks + first_row / kBlock) * kSlotFields;
  for (int field = threadIdx.x; field < kSlotFields; field += kThreads) {
    const bool used = field >= kSlotEntropy || field % attention::kMaxSegments < segments.count;
    double sum = 0;
    for (int w = 0; w < kWarps; ++w) sum += shared.sums[w][field];
    slot[field] = used ? sum : 0.0;
  }
}

template <typename T, int kDim>
__global__ void __launch_bounds__(kThreads, 2) fused_kernel(const __grid_constant__ FusedArguments a, int* counter) {
  extern __shared__ __align__(128) unsigned char memory[];
  Shared<kDim>& shared = *reinterpret_cast<Shared<kDim>*>(memory);
  constexpr int kBlock = block_rows(kDim);
  SegmentSum* workspace =
      static_cast<SegmentSum*>(a.workspace) + static_cast<int64_t>(blockIdx.x) * attention::kMaxSegments * kBlock;
  const int items = (a.length + kBlock - 1) / kBlock * a.heads;
  for (;;) {
    if (threadIdx.x == 0) shared.item = atomicAdd(counter, 1);
    __syncthreads();
    const int item = shared.item;
    if (item >= items) return;
    WarpRows<T, kDim> rows(a, shared, workspace, item);
    rows.start();
    walk_block(a.segments, rows.first_row, rows.last_row, rows);
    rows.end();
    __syncthreads();
    reduce_block<kDim>(a, shared, workspace, rows.head, rows.first_row, rows.last_row);
    __syncthreads();  // the next item takes all of this memory
  }
}

using Kernel = void (*)(FusedArguments, int*);

template <typename T>
Kernel kernel_of(int dim) {
  return dim == 64 ? fused_kernel<T, 64> : dim == 128 ? fused_kernel<T, 128> : fused_kernel<T, 256>;
}
Kernel kernel_of(FusedType type, int dim) {
  return type == FusedType::fp16 ? kernel_of<__half>(dim) : kernel_of<__nv_bfloat16>(dim);
}
int shared_bytes(int dim) {
  return static_cast<int>(dim == 64 ? sizeof(Shared<64>) : dim == 128 ? sizeof(Shared<128>) : sizeof(Shared<256>));
}

// Blocks that the current device runs at once.
cudaError_t resident_blocks(FusedType type, int dim, int* blocks) {
  const void* kernel = reinterpret_cast<const void*>(kernel_of(type, dim));
  int device = 0, processors = 0, each = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
  if (error == cudaSuccess)
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes(dim));
  if (error == cudaSuccess)
    error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, kThreads, shared_bytes(dim));
  *blocks = processors * each;
  return error == cudaSuccess && *blocks == 0 ? cudaErrorLaunchOutOfResources : error;
}

constexpr int64_t kCounterBytes = 256;  // keeps what follows aligned

}  // namespace

int fused_dim(int64_t dim) {
  return dim <= 64 ? 64 : dim <= 128 ? 128 : dim <= 256 ? 256 : 0;
}

int64_t fused_blocks(int64_t length, int dim) {
  return (length + block_rows(dim) - 1) / block_rows(dim);
}

int64_t fused_workspace_bytes(FusedType type, int dim, const char** error) {
  int blocks = 0;
  const cudaError_t status = resident_blocks(type, dim, &blocks);
  *error = status == cudaSuccess ? nullptr : cudaGetErrorString(status);
  if (status != cudaSuccess) return 0;
  return kCounterBytes + static_cast<int64_t>(sizeof(SegmentSum)) * attention::kMaxSegments * block_rows(dim) * blocks;
}

const char* fused_start(FusedType type, int dim, const FusedArguments& arguments, void* stream) {
  int blocks = 0;
  cudaError_t status = resident_blocks(type, dim, &blocks);
  const auto on = static_cast<cudaStream_t>(stream);
  int* counter = static_cast<int*>(arguments.workspace);
  if (status == cudaSuccess) status = cudaMemsetAsync(counter, 0, sizeof *counter, on);
  if (status == cudaSuccess) {
    FusedArguments own = arguments;
    own.workspace = static_cast<char*>(arguments.workspace) + kCounterBytes;
    const int64_t items = fused_blocks(arguments.length, dim) * arguments.heads;
    const int grid = static_cast<int>(items < blocks ? items : blocks);
    kernel_of(type, dim)<<<grid, kThreads, shared_bytes(dim), on>>>(own, counter);
    status = cudaGetLastError();
  }
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

}  // namespace device
}  // namespace longattn
