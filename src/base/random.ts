// Seeded random numbers for controls, bootstrap and sampling: one generator, so that a run is repeated by its seed.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** 32 bits of a seed and a label, finished by a mixer: labels that differ in one digit must not give neighbouring numbers. */
export function hash32(seed: number, label: string): number {
  let hash = seed | 0;
  for (const char of label) hash = (Math.imul(hash, 31) + char.codePointAt(0)!) | 0;
  return mixed(hash);
}

/** A number in (0, 1) that depends on seed and label alone: the order of work, shards and workers cannot change it. */
export function unitHash(seed: number, label: string): number {
  return (hash32(seed, label) + 0.5) / 2 ** 32;
}

/** The same of UTF-8 bytes: for millions of ids that are never made strings. */
export function unitHashBytes(seed: number, label: Uint8Array): number {
  let hash = seed | 0;
  for (let i = 0; i < label.length; i++) hash = (Math.imul(hash, 31) + label[i]!) | 0;
  return (mixed(hash) + 0.5) / 2 ** 32;
}

function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class Random {
  private readonly generator: RandomGenerator;

  /** @param label separates streams of one seed: what one part draws never shifts what another draws */
  constructor(seed: number, label = '') {
    this.generator = xoroshiro128plus(hash32(seed, label));
  }

  /** A whole number, 0 <= x < limit. */
  below(limit: number): number {
    return uniformInt(this.generator, 0, limit - 1);
  }

  /** A number in the open interval (0, 1): never 0, so that its logarithm exists. */
  open(): number {
    return (uniformInt(this.generator, 0, 0x3fffffff) + 0.5) / 0x40000000;
  }

  /** A new array in random order (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
