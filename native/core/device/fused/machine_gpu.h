// One GPU instruction a function, as the PTX manual defines it.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdint.h>

#include "device/fused/fused_type.h"

namespace longattn {
namespace device {
namespace machine {

// --- threads ---

LONGATTN_DEVICE int thread() {
  return static_cast<int>(threadIdx.x);
}
LONGATTN_DEVICE int block() {
  return static_cast<int>(blockIdx.x);
}
LONGATTN_DEVICE void sync_block() {
  __syncthreads();
}
// The block's threads that call it, `count` of them, whole warps.
LONGATTN_DEVICE void sync_threads(int count) {
  asm volatile("bar.sync 1, %0;" ::"r"(count) : "memory");
}
LONGATTN_DEVICE void sync_warp() {
  __syncwarp();
}
LONGATTN_DEVICE float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(~0u, value, mask);
}
LONGATTN_DEVICE double shuffle_xor(double value, int mask) {
  return __shfl_xor_sync(~0u, value, mask);
}
LONGATTN_DEVICE int take_next(int* counter) {
  return atomicAdd(counter, 1);
}
// *value = max(*value, bits)
LONGATTN_DEVICE void raise(unsigned* value, unsigned bits) {
  atomicMax(value, bits);
}

// --- numbers ---

template <FusedType kType>
LONGATTN_DEVICE uint16_t half_bits(float x) {
  if constexpr (kType == FusedType::fp16) return __half_as_ushort(__float2half_rn(x));
  return __bfloat16_as_ushort(__float2bfloat16_rn(x));
}

LONGATTN_DEVICE unsigned float_bits(float x) {
  return __float_as_uint(x);
}

// Eight that lie together, in two loads where their address allows it.
LONGATTN_DEVICE void load_floats(float (&x)[8], const float* from) {
  if ((reinterpret_cast<uintptr_t>(from) & 15) == 0) {
    const float4 a = reinterpret_cast<const float4*>(from)[0], b = reinterpret_cast<const float4*>(from)[1];
    x[0] = a.x, x[1] = a.y, x[2] = a.z, x[3] = a.w;
    x[4] = b.x, x[5] = b.y, x[6] = b.z, x[7] = b.w;
  } else {
    LONGATTN_DEVICE_UNROLL
    for (int i = 0; i < 8; ++i) x[i] = from[i];
  }
}

// --- shared memory ---

LONGATTN_DEVICE uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// 16 bytes, by this thread; done after wait_copies().
LONGATTN_DEVICE void copy_async(uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
LONGATTN_DEVICE void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kPending>
LONGATTN_DEVICE void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// --- products of Ampere and newer, a warp ---

LONGATTN_DEVICE void load_matrices(uint32_t (&r)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

// c += a b of 16 x 16 by 16 x 8.
template <FusedType kType>
LONGATTN_DEVICE void multiply_add(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  if constexpr (kType == FusedType::fp16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
}

// --- Hopper's registers, barriers and bulk copies ---

// What a group of four warps has from here on: more than at the start, once another group has given up as many.
template <int kRegisters>
LONGATTN_DEVICE void more_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
LONGATTN_DEVICE void fewer_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// In shared memory. A phase ends when as many threads have arrived, and as many bytes have come, as were announced;
// wait() returns once the phase of that parity (0, 1, 0, ...) has ended.
struct alignas(8) Barrier {
  uint64_t state;
};

LONGATTN_DEVICE void start_barrier(Barrier& barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&barrier)), "r"(arrivals) : "memory");
}
// After the last start_barrier(), by the thread that called them, before any other thread looks.
LONGATTN_DEVICE void publish_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async;" ::: "memory");
}
LONGATTN_DEVICE void arrive(Barrier& barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&barrier)) : "memory");
}
// An arrival that announces bytes of bulk copies.
LONGATTN_DEVICE void arrive_expecting(Barrier& barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&barrier)), "r"(bytes)
               : "memory");
}
LONGATTN_DEVICE void wait(Barrier& barrier, int parity) {
  asm volatile(
      "{\n"
      ".reg .pred ended;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 ended, [%0], %1;\n"
      "@ended bra done;\n"
      "bra again;\n"
      "done:\n"
      "}\n" ::"r"(shared_address(&barrier)),
      "r"(parity)
      : "memory");
}
// `bytes` (a multiple of 16) from 16-byte aligned global memory; counts them at the barrier when they have come.
LONGATTN_DEVICE void copy_bulk(uint32_t to, const void* from, int bytes, Barrier& barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
               "l"(from), "r"(bytes), "r"(shared_address(&barrier))
               : "memory");
}

// --- Hopper's products, a group of four warps ---

#define LONGATTN_ACC4(t) "+f"(c[t][0]), "+f"(c[t][1]), "+f"(c[t][2]), "+f"(c[t][3])
#define LONGATTN_ACC64                                                                                              \
  LONGATTN_ACC4(0), LONGATTN_ACC4(1), LONGATTN_ACC4(2), LONGATTN_ACC4(3), LONGATTN_ACC4(4), LONGATTN_ACC4(5),       \
      LONGATTN_ACC4(6), LONGATTN_ACC4(7), LONGATTN_ACC4(8), LONGATTN_ACC4(9), LONGATTN_ACC4(10), LONGATTN_ACC4(11), \
      LONGATTN_ACC4(12), LONGATTN_ACC4(13), LONGATTN_ACC4(14), LONGATTN_ACC4(15)
#define LONGATTN_WGMMA(types)                                                                                    \
  asm volatile(                                                                                                  \
      "{\n"                                                                                                      \
      ".reg .pred accumulate;\n"                                                                                 \
      "setp.ne.b32 accumulate, %66, 0;\n"                                                                        \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." types                                                       \
      " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27," \
      "%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53," \
      "%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, %64, %65, accumulate, 1, 1, 0, 0;\n"                            \
      "}\n"                                                                                                      \
      : LONGATTN_ACC64                                                                                           \
      : "l"(a), "l"(b), "r"(add))

// Before the first multiply_rows() of a tile.
LONGATTN_DEVICE void begin_products() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
// Starts c = a b, or c += a b if `add`: 64 x 16 by 16 x 128 at the descriptors' places. Four warps together.
template <FusedType kType>
LONGATTN_DEVICE void multiply_rows(float (&c)[16][4], uint64_t a, uint64_t b, int add) {
  if constexpr (kType == FusedType::fp16) {
    LONGATTN_WGMMA("f16.f16");
  } else {
    LONGATTN_WGMMA("bf16.bf16");
  }
}
// Waits for all of them.
LONGATTN_DEVICE void end_products(float (&c)[16][4]) {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
  asm volatile("wgmma.wait_group.sync.aligned 0;" : LONGATTN_ACC64::"memory");
}

#undef LONGATTN_WGMMA
#undef LONGATTN_ACC64
#undef LONGATTN_ACC4

}  // namespace machine
}  // namespace device
}  // namespace longattn
