import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blend } from '../../src/scores/blend.js';
import { spearman } from '../../src/scores/ranks.js';
import { resolveScore } from '../../src/scores/resolve.js';
import { findCountScore, listCountScores, registerScore } from '../../src/scores/registry.js';

const settings = { vocabulary: 49_152, seed: 3 };
const window = (windowId: string, ...ids: number[]) => ({ windowId, tokenIds: Int32Array.from(ids) });

describe('scores over token ids', () => {
  it('distinct, gzip and recurrence by hand', () => {
    const value = (name: string, scorer = findCountScore(name).open(settings)): number => {
      const [one, other] = [window('w', 5, 6, 7, 5, 6, 8), window('v', 1, 2, 3)];
      [one, other].forEach(({ tokenIds }) => scorer.observe?.(tokenIds));
      return scorer.value(one, 3);
    };
    expect(value('distinct')).toBe(-4 / 6);
    expect(value('recurrence-2')).toBeCloseTo(1 / 5, 12); // (5, 6) comes back after 3; all pairs are in one of two windows
    expect(value('recurrence-1')).toBeCloseTo(2 / 6, 12);
    expect(value('recurrence-3')).toBe(0);
    expect(value('gzip')).toBeLessThan(0);
  });

  it('random is uniform, and follows the seed and the id alone', () => {
    const [scorer, same, other] = [1, 1, 2].map((seed) => findCountScore('random').open({ ...settings, seed }));
    const values = Array.from({ length: 2000 }, (_, i) => scorer!.value(window(`doc:${i}`), 1));
    expect(Math.abs(values.reduce((a, b) => a + b) / 2000 - 0.5)).toBeLessThan(0.026); // 4 standard deviations
    expect(
      Math.abs(
        spearman(
          values,
          values.map((_, i) => i),
        ),
      ),
    ).toBeLessThan(0.09);
    expect(same!.value(window('doc:7'), 1)).toBe(values[7]);
    expect(other!.value(window('doc:7'), 1)).not.toBe(values[7]);
  });

  it('takes a score of the user, once', () => {
    const mine = { ...findCountScore('distinct'), name: 'mine-count' };
    registerScore(mine);
    expect(listCountScores()).toContain(mine);
    expect(resolveScore('mine-count')).toEqual({ kind: 'count', score: mine });
    expect(() => registerScore(mine)).toThrow('A score must not be named "mine-count"');
    expect(() => findCountScore('none')).toThrow('It must be one of last-recurrence-1, ');
  });
});

describe('blend', () => {
  it('is the weighted mean of z-scores: its scale does not depend on that of the parts', () => {
    const columns = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 2,
    });
    fc.assert(
      fc.property(columns, (rows) => {
        const [x, y] = [0, 1].map((at) => Float64Array.from(rows, (row) => row[at]!));
        const plain = blend([x!, y!], [1, 3]);
        const scaled = blend([x!.map((v) => 100 * v + 7), y!], [2, 6]);
        plain.forEach((value, i) => expect(scaled[i]).toBeCloseTo(value, 8));
        expect(plain.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 8);
      }),
    );
    const turned = blend([Float64Array.of(1, 2, 3)], [-1]);
    expect(turned[0]).toBeGreaterThan(turned[2]!);
  });
});

describe('resolveScore', () => {
  it('finds scores of both kinds and blends', () => {
    expect(resolveScore('content')).toMatchObject({ kind: 'attention', score: { name: 'content' } });
    expect(resolveScore('gzip')).toMatchObject({ kind: 'count', score: { name: 'gzip' } });
    expect(resolveScore('blend:content+0.5*recurrence-2')).toMatchObject({
      kind: 'blend',
      parts: [
        { weight: 1, score: { kind: 'attention', score: { name: 'content' } } },
        { weight: 0.5, score: { kind: 'count', score: { name: 'recurrence-2' } } },
      ],
    });
    expect(resolveScore('blend:-1*entropy')).toMatchObject({ parts: [{ weight: -1 }] });
  });

  it('refuses what it does not know', () => {
    expect(() => resolveScore('lds')).toThrow(/one of longattn, .*gzip.*blend:A\+B/);
    expect(() => resolveScore('blend:content+lds')).toThrow('score must not be "blend:content+lds"');
    expect(() => resolveScore('blend:')).toThrow('blend:A+B');
    expect(() => resolveScore('blend:0*content')).toThrow('at least one weight other than 0');
  });
});
