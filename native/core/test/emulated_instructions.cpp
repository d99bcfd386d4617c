// The instructions of machine_gpu.h on the emulated machine, by the tables of the PTX manual.
#include <algorithm>
#include <cmath>

#include "checkpoint/float_convert.h"
#include "emulated_machine.h"

namespace longattn {
namespace device {
namespace machine {
namespace {

constexpr int kBlockCollective = 0, kThreadsCollective = 1, kWarpCollective = 2, kGroupCollective = 3;

float number(FusedType type, const void* at) {
  float x;
  to_float32(type == FusedType::fp16 ? DType::f16 : DType::bf16, at, 1, &x);
  return x;
}

template <typename T>
T shuffled(T value, int mask) {
  Emulator& emulator = Emulator::now();
  T mine = value;
  emulator.collective(kWarpCollective, emulator.thread() / 32, 32, "shuffle", &mine,
                      [mask](const std::vector<void*>& lanes) {
                        T values[32];
                        for (int lane = 0; lane < 32; ++lane) values[lane] = *static_cast<T*>(lanes[lane]);
                        for (int lane = 0; lane < 32; ++lane) *static_cast<T*>(lanes[lane]) = values[lane ^ mask];
                      });
  return mine;
}

}  // namespace

void sync_block() {
  Emulator& emulator = Emulator::now();
  char nothing;
  emulator.collective(kBlockCollective, 0, emulator.threads(), "barrier 0", &nothing, {});
}

void sync_threads(int count) {
  char nothing;
  Emulator::now().collective(kThreadsCollective, 0, count, "barrier 1", &nothing, {});
}

void sync_warp() {
  char nothing;
  Emulator::now().collective(kWarpCollective, thread() / 32, 32, "warp barrier", &nothing, {});
}

float shuffle_xor(float value, int mask) {
  return shuffled(value, mask);
}
double shuffle_xor(double value, int mask) {
  return shuffled(value, mask);
}

// To nearest, ties to even.
uint16_t fp16_bits(float x) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double size = std::fabs(static_cast<double>(x));
  if (std::isnan(x)) return 0x7e00;
  if (size < std::ldexp(1.0, -14)) return sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(size, 24)));
  int exponent;
  const auto mantissa = static_cast<int>(std::nearbyint(std::ldexp(std::frexp(size, &exponent), 11)));  // 1024..2048
  const int bits = ((exponent + 13) << 10) + mantissa;  // 2048 carries into the exponent
  return sign | static_cast<uint16_t>(std::min(bits, 0x7c00));
}

uint16_t bf16_bits(float x) {
  if (std::isnan(x)) return 0x7fc0;
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// ldmatrix.x4: matrix j's row i lies at the address that lane 8 j + i gives; lane l gets numbers 2 (l % 4) and the next
// of row l / 4 of each matrix.
void load_matrices(uint32_t (&r)[4], uint32_t address) {
  struct Operand {
    uint32_t address;
    uint32_t* registers;
  } mine = {address, r};
  Emulator& emulator = Emulator::now();
  emulator.collective(kWarpCollective, thread() / 32, 32, "ldmatrix", &mine, [&](const std::vector<void*>& lanes) {
    for (int lane = 0; lane < 32; ++lane)
      for (int matrix = 0; matrix < 4; ++matrix) {
        const uint32_t from = static_cast<Operand*>(lanes[8 * matrix + lane / 4])->address;
        if (from % 16 != 0) Emulator::fail("ldmatrix at an odd address");
        std::memcpy(&static_cast<Operand*>(lanes[lane])->registers[matrix], emulator.shared(from, 16) + lane % 4 * 4,
                    4);
      }
  });
}

// mma.m16n8k16: A in four registers, B in two.
void warp_products(FusedType type, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  struct Operand {
    float* c;
    const uint32_t* a;
    uint32_t b[2];
  } mine = {c, a, {b0, b1}};
  Emulator::now().collective(kWarpCollective, thread() / 32, 32, "mma", &mine, [type](const std::vector<void*>& lanes) {
    float left[16][16], right[16][8];
    for (int lane = 0; lane < 32; ++lane) {
      const Operand& o = *static_cast<Operand*>(lanes[lane]);
      for (int r = 0; r < 4; ++r)
        for (int i = 0; i < 2; ++i) {
          const auto half = [&](uint32_t word) {
            const auto bits = static_cast<uint16_t>(word >> (16 * i));
            return number(type, &bits);
          };
          left[lane / 4 + (r % 2 == 0 ? 0 : 8)][lane % 4 * 2 + i + (r < 2 ? 0 : 8)] = half(o.a[r]);
          if (r < 2) right[lane % 4 * 2 + i + 8 * r][lane / 4] = half(o.b[r]);
        }
    }
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        float& sum = static_cast<Operand*>(lanes[lane])->c[i];
        for (int k = 0; k < 16; ++k) sum += left[lane / 4 + (i < 2 ? 0 : 8)][k] * right[k][lane % 4 * 2 + i % 2];
      }
  });
}

namespace {

// Number k of row `row` of a K-major matrix with the 128-byte swizzle: rows of 128 bytes, eight of them, then the
// stride to the next eight; chunks of 16 bytes are exchanged by the address's own bits 7..9.
float described(const Emulator& emulator, FusedType type, uint64_t descriptor, int row, int k) {
  if (descriptor >> 62 != 1) Emulator::fail("wgmma: the descriptor names another swizzle than 128 bytes");
  if ((descriptor >> 49 & 7) != 0) Emulator::fail("wgmma: the descriptor has a base offset");
  const auto start = static_cast<uint32_t>(descriptor & 0x3fff) << 4;
  const auto stride = static_cast<uint32_t>(descriptor >> 32 & 0x3fff) << 4;
  const uint32_t plain = start + static_cast<uint32_t>(row / 8) * stride + static_cast<uint32_t>(row % 8) * 128 +
                         static_cast<uint32_t>(k) * 2;
  return number(type, emulator.shared(plain ^ ((plain >> 7 & 7) << 4), 2));
}

}  // namespace

// wgmma.m64n128k16: warp w of the four holds rows 16 w and on, as mma's accumulators lie.
void group_products(FusedType type, float (&c)[16][4], uint64_t a, uint64_t b, int add) {
  Emulator& emulator = Emulator::now();
  emulator.collective(
      kGroupCollective, thread() / 128, 128, "wgmma", c, [=, &emulator](const std::vector<void*>& threads) {
        const auto product = [=, &emulator] {
          std::vector<float> left(64 * 16), right(128 * 16);
          for (int k = 0; k < 16; ++k) {
            for (int row = 0; row < 64; ++row) left[row * 16 + k] = described(emulator, type, a, row, k);
            for (int key = 0; key < 128; ++key) right[key * 16 + k] = described(emulator, type, b, key, k);
          }
          for (int t = 0; t < 128; ++t) {
            auto* own = static_cast<float(*)[4]>(threads[t]);
            for (int tile = 0; tile < 16; ++tile)
              for (int i = 0; i < 4; ++i) {
                const int row = t / 32 * 16 + t % 32 / 4 + 8 * (i / 2), key = 8 * tile + t % 4 * 2 + i % 2;
                float sum = add != 0 ? own[tile][i] : 0.0f;
                for (int k = 0; k < 16; ++k) sum += left[row * 16 + k] * right[key * 16 + k];
                own[tile][i] = sum;
              }
          }
        };
        if (emulator.timing() == Timing::early) {
          product();
        } else {
          emulator.pending_products().push_back(product);
        }
      });
}

void end_products(float (&c)[16][4]) {
  Emulator& emulator = Emulator::now();
  emulator.collective(kGroupCollective, thread() / 128, 128, "wgmma wait", c, [&emulator](const std::vector<void*>&) {
    for (const auto& product : emulator.pending_products()) product();
    emulator.pending_products().clear();
  });
}

}  // namespace machine
}  // namespace device
}  // namespace longattn
