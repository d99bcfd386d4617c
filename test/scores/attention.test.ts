// Every score against a direct computation from a materialised attention matrix.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { edge, randomAttention, statisticsOf } from '../support/attention.js';
import { LayerView } from '../../src/scores/layer-view.js';
import { findScore, listScores, registerScore } from '../../src/scores/registry.js';

const settings = { alpha: 0.5, std: 'zscore' } as const;
const LENGTH = 70;
const K = edge(LENGTH, 8);
const heads = [randomAttention(LENGTH, 1), randomAttention(LENGTH, 2), randomAttention(LENGTH, 3)];
const view = new LayerView(statisticsOf(heads, K));

type Entry = { n: number; i: number; m: number };
const entries = (matrix: number[][]): Entry[] => matrix.flatMap((row, n) => row.map((m, i) => ({ n, i, m })));
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const overHeads = (value: (matrix: number[][]) => number): number => mean(heads.map(value));
const total = (matrix: number[][], keep: (entry: Entry) => boolean, of = (entry: Entry): number => entry.m): number =>
  entries(matrix).reduce((sum, entry) => sum + (keep(entry) ? of(entry) : 0), 0);
const far =
  (k: number) =>
  (entry: Entry): boolean =>
    entry.n - entry.i >= k;
const farContent = (entry: Entry): boolean => far(K)(entry) && entry.i >= 4;
const value = (name: string, at = view): number => findScore(name).components(at)[0]!;

function directVariance(matrix: number[][], k: number): number {
  const all = entries(matrix).map((entry) => (far(k)(entry) ? entry.m : 0));
  while (all.length < LENGTH * LENGTH) all.push(0);
  const center = mean(all);
  return all.reduce((sum, m) => sum + (m - center) ** 2, 0) / (all.length - 1);
}

describe('attention scores equal the direct computation', () => {
  it('ds and du, at the scored k and at every other edge', () => {
    for (let bin = 0; bin <= 32; bin++) {
      const k = edge(LENGTH, bin);
      const at = new LayerView(view.row, 'all', k);
      expect(value('ds', at)).toBeCloseTo(
        overHeads((m) => total(m, far(k)) / LENGTH),
        12,
      );
      expect(value('du', at)).toBeCloseTo(-overHeads((m) => directVariance(m, k)), 14);
    }
  });

  it('content and effective-far', () => {
    expect(value('content')).toBeCloseTo(
      overHeads((m) => total(m, farContent) / LENGTH),
      12,
    );
    const effective = overHeads((m) => total(m, farContent) ** 2 / total(m, farContent, (e) => e.m ** 2) / LENGTH);
    expect(value('effective-far')).toBeCloseTo(effective, 10);
  });

  it('entropy and far-peak', () => {
    expect(value('entropy')).toBeCloseTo(
      overHeads(
        (m) =>
          total(
            m,
            () => true,
            (e) => -e.m * Math.log(e.m),
          ) / LENGTH,
      ),
      12,
    );
    const peak = (m: number[][]): number =>
      mean(m.map((row, n) => Math.max(0, ...row.filter((_, i) => farContent({ n, i, m: 0 })))));
    expect(value('far-peak')).toBeCloseTo(overHeads(peak), 12);
  });

  it('gain', () => {
    const tokens = Array.from({ length: LENGTH }, (_, n) =>
      overHeads((m) => m[n]!.reduce((sum, x, i) => sum + (n - i >= K ? x : 0), 0)),
    );
    expect(value('gain')).toBeCloseTo(mean(tokens.map((f) => -Math.log(1 - f))), 5); // token_ds is float32
    expect(() => value('gain', new LayerView(statisticsOf(heads, K, false)))).toThrow('Score again with --tokens');
  });

  it('distance, within half a bin', () => {
    const direct = overHeads(
      (m) =>
        total(
          m,
          (e) => e.i >= 4,
          (e) => e.m * (e.n - e.i),
        ) / total(m, (e) => e.i >= 4),
    );
    expect(Math.abs(value('distance') - direct)).toBeLessThanOrEqual(LENGTH / 64);
  });

  it('longattn over a domain: z-scores of DS and DU', () => {
    const domain = Array.from(
      { length: 12 },
      (_, w) => new LayerView(statisticsOf([randomAttention(LENGTH, 100 + w)], K)),
    );
    const score = findScore('longattn');
    const columns = [0, 1].map((c) => Float64Array.from(domain, (at) => score.components(at)[c]!));
    const z = (column: Float64Array): number[] => {
      const center = mean([...column]);
      const deviation = Math.sqrt(mean([...column].map((x) => (x - center) ** 2)));
      return [...column].map((x) => (x - center) / deviation);
    };
    const [ds, du] = columns.map(z);
    expect([...score.combine(columns, settings)]).toEqual(ds!.map((x, i) => expect.closeTo(x + 0.5 * du![i]!, 10)));
    const scaled = findScore('longattn-minmax').combine(columns, settings);
    expect(Math.max(...scaled)).toBeLessThanOrEqual(1.5);
    expect(Math.min(...scaled)).toBeGreaterThanOrEqual(0);
    const minmax = (column: Float64Array): number[] => {
      const [low, high] = [Math.min(...column), Math.max(...column)];
      return [...column].map((x) => (x - low) / (high - low));
    };
    const [scaledDs, scaledDu] = columns.map(minmax);
    expect([...scaled]).toEqual(scaledDs!.map((x, i) => expect.closeTo(x + 0.5 * scaledDu![i]!, 10)));
    const law = findScore('law');
    const lawColumns = Array.from({ length: 6 }, (_, c) => Float64Array.from(domain, (at) => law.components(at)[c]!));
    const lawValues = law.combine(lawColumns, settings);
    // From the matrices: LDS at three k, its ranks, their mean as a share of the 12 windows.
    const matrices = Array.from({ length: 12 }, (_, w) => randomAttention(LENGTH, 100 + w));
    const shares = [4, 8, 16].map((bin) => {
      const k = edge(LENGTH, bin);
      const strength = z(Float64Array.from(matrices, (m) => total(m, far(k)) / LENGTH));
      const uniformity = z(Float64Array.from(matrices, (m) => -directVariance(m, k)));
      const lds = strength.map((x, i) => x + 0.5 * uniformity[i]!);
      return lds.map((x) => lds.filter((y) => y <= x).length / 12);
    });
    expect([...lawValues]).toEqual(matrices.map((_, w) => expect.closeTo(mean(shares.map((ofK) => ofK[w]!)), 12)));
  });

  it('equal values standardise to 0, never to NaN', () => {
    const same = new Float64Array(5).fill(0.1 + 0.2);
    for (const name of ['longattn', 'longattn-minmax'])
      expect([...findScore(name).combine([same, same], settings)]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('the registry', () => {
  it('lists what exists for a wrong name, and takes a score of the user', () => {
    expect(() => findScore('lds')).toThrow('score must not be "lds". It must be one of longattn, ');
    const mine = { ...findScore('ds'), name: 'mine' };
    registerScore(mine);
    expect(findScore('mine')).toBe(mine);
    expect(() => registerScore(mine)).toThrow('A score must not be named "mine"');
    expect(listScores().length).toBeGreaterThan(10);
  });

  it('the example of docs/scores.md is what it says it is: content at k less content at 2k', () => {
    const text = readFileSync('docs/scores.md', 'utf8');
    const body = /'mine', (\(view\) => \{.*?\n {2}\})\)/s.exec(text)![1]!;
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const make = new Function(`return ${body}`) as () => (view: LayerView) => number;
    const ofView = make();
    const at = new LayerView(view.row, 'all', edge(LENGTH, 8));
    const double = new LayerView(view.row, 'all', edge(LENGTH, 16));
    expect(ofView(at)).toBeCloseTo(value('content', at) - value('content', double), 12);
  });
});

describe('LayerView', () => {
  it('refuses a k that is not stored and a head that does not exist', () => {
    expect(() => new LayerView(view.row, 'all', 3)).toThrow('k must not be 3 for this score. For windows of 70 tokens');
    expect(() => new LayerView(view.row, [0, 3])).toThrow('heads must not hold 3. The layer has heads 0 to 2.');
    expect(value('ds', new LayerView(view.row, [1]))).toBeCloseTo(total(heads[1]!, far(K)) / LENGTH, 12);
  });
});
