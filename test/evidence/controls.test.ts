import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blockShuffle, repetition } from '../../src/evidence/controls/rearrange.js';
import { splice, spliceWithin } from '../../src/evidence/controls/splice.js';
import { Random } from '../../src/base/random.js';

const sequence = (length: number, from = 0): Int32Array => Int32Array.from({ length }, (_, i) => from + i);
const runs = (ids: Int32Array): number =>
  ids.reduce((count, id, i) => count + (i > 0 && id !== ids[i - 1]! + 1 ? 1 : 0), 1);

describe('controls', () => {
  it('splice takes one slice of each of eight donors', () => {
    const donors = Array.from({ length: 8 }, (_, d) => sequence(500, d * 1000));
    const out = splice(donors, 400, new Random(1));
    expect(out).toHaveLength(400);
    expect(runs(out)).toBe(8);
    expect(new Set([...out].map((id) => Math.floor(id / 1000))).size).toBe(8);
    expect(() => splice(donors.slice(0, 1), 400, new Random(1))).toThrow('needs at least 2 donors, got 1');
  });

  it('spliceWithin takes eight places of one document', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 900 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer(),
        (length, extra, seed) => {
          const out = spliceWithin(sequence(length + extra), length, 8, new Random(seed));
          expect(out).toHaveLength(length);
          expect(out.every((id) => id >= 0 && id < length + extra)).toBe(true);
        },
      ),
    );
    expect(runs(spliceWithin(sequence(8000), 400, 8, new Random(3)))).toBe(8);
  });

  it('blockShuffle is a permutation that differs from the window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 65, max: 700 }), fc.integer(), (length, seed) => {
        const out = blockShuffle(sequence(length), 64, new Random(seed));
        expect([...out].sort((a, b) => a - b)).toEqual([...sequence(length)]);
        expect(out).not.toEqual(sequence(length));
      }),
    );
  });

  it('repetition repeats one passage', () => {
    const out = repetition(sequence(100), 30, new Random(2));
    expect([...out.subarray(30, 60)]).toEqual([...out.subarray(0, 30)]);
    expect(out).toHaveLength(100);
  });

  it('the same seed makes the same control, another label another', () => {
    const donors = Array.from({ length: 8 }, (_, d) => sequence(500, d * 1000));
    const make = (seed: number, label: string): number[] => [...splice(donors, 400, new Random(seed, label))];
    expect(make(1, 'a')).toEqual(make(1, 'a'));
    expect(make(1, 'a')).not.toEqual(make(1, 'b'));
  });
});
