// XXH64 (seed 0), the checksum of zstd frames, over a stream of bytes. Written from the algorithm's specification.
//
// 64-bit arithmetic in halves of 32 bits: BigInt would be ten times slower than the decompression that it checks.

const P1 = [0x9e3779b1, 0x85ebca87] as const;
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const P3 = [0x165667b1, 0x9e3779f9] as const;
const P4 = [0x85ebca77, 0xc2b2ae63] as const;
const P5 = [0x27d4eb2f, 0x165667c5] as const;
type Prime = readonly [high: number, low: number];

export class XxHash64 {
  /** Four accumulators as (high, low) pairs. */
  private readonly lanes = new Uint32Array(8);
  private readonly pending = new Uint8Array(32);
  private pendingLength = 0;
  private total = 0;

  constructor() {
    const [v1, v2, v3, v4] = [add(P1, P2), P2, [0, 0] as const, negate(P1)];
    this.lanes.set([...v1, ...v2, ...v3, ...v4]);
  }

  update(bytes: Uint8Array): void {
    this.total += bytes.length;
    let at = 0;
    if (this.pendingLength > 0) {
      at = Math.min(32 - this.pendingLength, bytes.length);
      this.pending.set(bytes.subarray(0, at), this.pendingLength);
      this.pendingLength += at;
      if (this.pendingLength < 32) return;
      this.stripes(this.pending, 0, 32);
    }
    const end = at + ((bytes.length - at) & ~31);
    this.stripes(bytes, at, end);
    this.pending.set(bytes.subarray(end));
    this.pendingLength = bytes.length - end;
  }

  /** The low 32 bits of the hash, which is what a zstd frame stores. */
  digestLow32(): number {
    let hash: Prime = P5;
    if (this.total >= 32) {
      const lane = (i: number): Prime => [this.lanes[2 * i]!, this.lanes[2 * i + 1]!];
      hash = [7, 12, 18].reduce<Prime>((sum, bits, i) => add(sum, rotate(lane(i + 1), bits)), rotate(lane(0), 1));
      for (let i = 0; i < 4; i++) hash = add(multiply(xor(hash, round([0, 0], lane(i))), P1), P4);
    }
    hash = add(hash, [Math.floor(this.total / 2 ** 32), this.total >>> 0]);
    const { pending, pendingLength } = this;
    const view = new DataView(pending.buffer);
    let at = 0;
    for (; at + 8 <= pendingLength; at += 8) {
      const word: Prime = [view.getUint32(at + 4, true), view.getUint32(at, true)];
      hash = add(multiply(rotate(xor(hash, round([0, 0], word)), 27), P1), P4);
    }
    if (at + 4 <= pendingLength) {
      hash = add(multiply(rotate(xor(hash, multiply([0, view.getUint32(at, true)], P1)), 23), P2), P3);
      at += 4;
    }
    for (; at < pendingLength; at++) hash = multiply(rotate(xor(hash, multiply([0, pending[at]!], P5)), 11), P1);
    hash = multiply(xor(hash, shiftRight(hash, 33)), P2);
    hash = multiply(xor(hash, shiftRight(hash, 29)), P3);
    return xor(hash, shiftRight(hash, 32))[1] >>> 0;
  }

  /** The hot loop: no allocation, one lane after the other. */
  private stripes(bytes: Uint8Array, from: number, end: number): void {
    for (let lane = 0; lane < 4; lane++) {
      let high = this.lanes[2 * lane]!;
      let low = this.lanes[2 * lane + 1]!;
      for (let at = from + 8 * lane; at < end; at += 32) {
        const wordLow = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        const wordHigh = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
        // lane += word * P2
        const sum = (low >>> 0) + (Math.imul(wordLow, P2[1]) >>> 0);
        high = (high + highOfProduct(wordHigh, wordLow, P2) + (sum > 0xffffffff ? 1 : 0)) | 0;
        low = sum | 0;
        // lane = rotate(lane, 31) * P1
        const turnedHigh = (high << 31) | (low >>> 1);
        const turnedLow = (low << 31) | (high >>> 1);
        high = highOfProduct(turnedHigh, turnedLow, P1);
        low = Math.imul(turnedLow, P1[1]);
      }
      this.lanes[2 * lane] = high;
      this.lanes[2 * lane + 1] = low;
    }
  }
}

/** Upper half of the 64-bit product (high, low) * prime. */
function highOfProduct(high: number, low: number, prime: Prime): number {
  const lowA = low & 0xffff;
  const lowB = low >>> 16;
  const primeA = prime[1] & 0xffff;
  const primeB = prime[1] >>> 16;
  const cross = lowB * primeA + ((lowA * primeA) >>> 16);
  const carry = lowA * primeB + (cross & 0xffff);
  const top = lowB * primeB + (cross >>> 16) + (carry >>> 16);
  return (top + Math.imul(high, prime[1]) + Math.imul(low, prime[0])) | 0;
}

function round(accumulator: Prime, word: Prime): Prime {
  return multiply(rotate(add(accumulator, multiply(word, P2)), 31), P1);
}

function multiply(a: Prime, b: Prime): Prime {
  return [highOfProduct(a[0], a[1], b) >>> 0, Math.imul(a[1], b[1]) >>> 0];
}

function add(a: Prime, b: Prime): Prime {
  const low = a[1] + b[1];
  return [(a[0] + b[0] + (low > 0xffffffff ? 1 : 0)) >>> 0, low >>> 0];
}

function negate(a: Prime): Prime {
  return add([~a[0] >>> 0, ~a[1] >>> 0], [0, 1]);
}

function xor(a: Prime, b: Prime): Prime {
  return [(a[0] ^ b[0]) >>> 0, (a[1] ^ b[1]) >>> 0];
}

/** Rotation to the left by 1..31 bits. */
function rotate(a: Prime, bits: number): Prime {
  return [((a[0] << bits) | (a[1] >>> (32 - bits))) >>> 0, ((a[1] << bits) | (a[0] >>> (32 - bits))) >>> 0];
}

/** Logical shift to the right by 29, 32 or 33 bits. */
function shiftRight(a: Prime, bits: number): Prime {
  return bits >= 32 ? [0, a[0] >>> (bits - 32)] : [a[0] >>> bits, ((a[1] >>> bits) | (a[0] << (32 - bits))) >>> 0];
}
