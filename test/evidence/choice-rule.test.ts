import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Random } from '../../src/base/random.js';
import { judgeControl, wilson } from '../../src/evidence/counting-controls.js';
import { decide, tells, type Judged } from '../../src/evidence/decide.js';
import { keptShare, liftDraws, liftOf, liftSample, type LiftSample } from '../../src/evidence/lift.js';
import { nearDuplicates } from '../../src/evidence/near-duplicates.js';
import { difference, intervalOf, Resamples, type Draws } from '../../src/evidence/resample.js';
import { aucWalk } from '../../src/evidence/weighted-auc.js';
import { auc } from '../../src/scores/ranks.js';

function sampleOf(gains: Float64Array, share = 0.25, domains = 1): LiftSample {
  const size = gains.length / domains;
  const groups = Array.from({ length: domains }, (_, d) => Array.from({ length: size }, (_, i) => d * size + i));
  return liftSample({
    domains: groups.map((windows, d) => ({ domain: `d${d}`, windows })),
    gains,
    refused: new Uint8Array(gains.length),
    share,
    resamples: new Resamples(gains.length, groups, 1, 400),
  });
}

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log((random.below(1e6) + 1) / 1e6)) * Math.cos(2 * Math.PI * (random.below(1e6) / 1e6));

describe('lift', () => {
  it('of the gain itself is the mean of the best over the mean of all, and that of nothing is 1', () => {
    const gains = Float64Array.from({ length: 32 }, (_, i) => 1 + (i % 8));
    const sample = sampleOf(gains);
    const best = liftOf(sample, liftDraws(sample, gains));
    expect(best.kept).toBe(8);
    expect(best.ratio!.value).toBeCloseTo(7.5 / 4.5, 12);
    expect(best.nats.value).toBeCloseTo(3, 12);
    expect(best.nats.low).toBeGreaterThan(1);
    const all = sampleOf(gains, 1);
    expect(liftOf(all, liftDraws(all, gains)).ratio!.value).toBe(1);
  });

  it('leaves out what the guard refuses, and takes the next', () => {
    const gains = Float64Array.of(9, 8, 1, 1, 1, 1, 1, 2);
    const sample = { ...sampleOf(gains), refused: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) };
    expect(liftOf(sample, liftDraws(sample, gains)).nats.value).toBe((8 + 2) / 2 - 3);
  });

  it('is no ratio where the mean gain may be 0', () => {
    const random = new Random(3, 'gains');
    const gains = Float64Array.from({ length: 32 }, () => normal(random));
    const sample = sampleOf(gains);
    expect(liftOf(sample, liftDraws(sample, gains)).ratio).toBeNull();
  });

  it('keeps 8 windows where the share would keep fewer', () => {
    expect(keptShare(0.125, 16)).toBe(0.5);
    expect(keptShare(0.125, 640)).toBe(0.125);
    expect(keptShare(0.125, 4)).toBe(1);
  });
});

describe('aucWalk', () => {
  it('is that of the pairs as often as they were drawn, one comparison in n of a window with its own control', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, fc.integer(), (pairs, seed) => {
        const [above, below] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const real = pairs.map((_, i) => i);
        const random = new Random(seed, 'weights');
        const weights = pairs.map(() => random.below(3));
        weights[0]!++;
        let [n, own, cross, crossings] = [0, 0, 0, 0];
        for (const [i, a] of above.entries()) {
          n += weights[i]!;
          for (const [j, b] of below.entries()) {
            const win = a > b ? 1 : a === b ? 0.5 : 0;
            if (i === j) own += weights[i]! * win;
            else [cross, crossings] = [cross + weights[i]! * weights[j]! * win, crossings + weights[i]! * weights[j]!];
          }
        }
        const expected = crossings === 0 ? own / n : own / n / n + (1 - 1 / n) * (cross / crossings);
        expect(aucWalk({ above, below, real })(weights)).toBeCloseTo(expected, 10);
        const once = pairs.map(() => 1);
        expect(aucWalk({ above, below, real })(once)).toBeCloseTo(auc(above, below), 10);
      }),
    );
  });

  it('refuses what is no number, in place of walking over it for ever', () => {
    expect(() => aucWalk({ above: [1, NaN], below: [0, 1], real: [0, 1] })).toThrow(
      'value 1 of the pairs is not a number',
    );
  });

  it('puts a refused window below all others', () => {
    expect(aucWalk({ above: [0, 1], below: [-Infinity, -Infinity], real: [0, 1] })([1, 1])).toBe(1);
  });
});

describe('counting controls', () => {
  it('count where the yardstick shows the direction beyond chance, and not the other way round', () => {
    const up = [1, 2, 3, 4, 5, 6, 7, 8];
    const down = up.map(() => 0);
    expect(judgeControl('splice', up, down)).toMatchObject({ counts: true, yardstick: { value: 1, pairs: 8 } });
    expect(judgeControl('splice', down, up).counts).toBe(false);
    expect(judgeControl('splice', [1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]).counts).toBe(false);
  });

  it('are the splices without a yardstick', () => {
    const counting = ['splice', 'same-document', 'block-shuffle', 'repetition', 'matched-gzip', 'matched-recurrence'];
    expect(counting.filter((name) => judgeControl(name, [], []).counts)).toEqual([
      'splice',
      'matched-gzip',
      'matched-recurrence',
    ]);
  });

  it('have Wilson intervals: never a certainty of eight pairs', () => {
    // R: prop.test(8, 8, correct = FALSE), prop.test(5, 10, correct = FALSE)
    expect(wilson(8, 8).low).toBeCloseTo(0.6756, 3);
    expect(wilson(5, 10)).toMatchObject({ value: 0.5 });
    expect(wilson(5, 10).low).toBeCloseTo(0.2366, 3);
  });
});

describe('decide', () => {
  const gains = Float64Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 1 : 3));
  const sample = sampleOf(gains);
  const judge = (candidate: string, cost: number, values: ArrayLike<number>): Judged<string> => ({
    candidate,
    cost,
    lift: liftDraws(sample, values).nats,
  });

  it('takes the cheapest of those that the resamples cannot part', () => {
    const noisy = gains.map((gain, i) => gain + (i === 5 ? -3 : 0));
    const choice = decide([
      judge('dear', 2, gains),
      judge('cheap', 1, noisy),
      judge(
        'chance',
        0,
        gains.map((_, i) => i % 5),
      ),
    ]);
    expect(choice!.candidate).toBe('cheap');
  });

  it('takes the dear one where it is better beyond doubt', () => {
    // Six of the poor ones at the top: hardly a resample is without them.
    const poor = gains.map((gain, i) => (i % 12 === 0 ? 4 : gain));
    expect(decide([judge('dear', 2, gains), judge('cheap', 1, poor)])!.candidate).toBe('dear');
  });

  it('takes the cheapest of equals also where only the dear one is parted from chance', () => {
    const { count } = sample.resamples;
    const draws = (value: number, low: number, high: number): Draws => ({
      value,
      draws: Float64Array.from({ length: count }, (_, r) => low + ((high - low) * r) / (count - 1)),
    });
    const parted = { candidate: 'dear', cost: 2, lift: draws(0.5, 0.4, 0.6) };
    const touching = { candidate: 'cheap', cost: 1, lift: draws(0.4, -0.2, 1) };
    expect(intervalOf(parted.lift).low).toBeGreaterThan(0);
    expect(intervalOf(touching.lift).low).toBeLessThan(0);
    expect(difference(parted.lift, touching.lift).low).toBeLessThan(0);
    expect(decide([parted, touching])!.candidate).toBe('cheap');
  });

  it('parts equals in lift by the worst control', () => {
    const { resamples } = sample;
    const draws = (value: number) => ({ value, draws: new Float64Array(resamples.count).fill(value) });
    const both = [
      { ...judge('blind', 1, gains), worst: draws(0.5) },
      { ...judge('seeing', 2, gains), worst: draws(0.9) },
    ];
    expect(decide(both)!.candidate).toBe('seeing');
    expect(decide([])).toBeUndefined();
  });

  it('finds nothing in noise in at least 19 of 20 seeds, though it is the best of 40 candidates', () => {
    let found = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed, 'noise');
      const noise = (): Float64Array => Float64Array.from({ length: 32 }, () => normal(random));
      const halves = [sampleOf(noise(), 0.25, 4), sampleOf(noise(), 0.25, 4)];
      const candidates = Array.from({ length: 40 }, (_, at) => ({ at, values: [noise(), noise()] }));
      const judged = candidates.map((candidate) => ({
        candidate,
        cost: candidate.at,
        lift: liftDraws(halves[0]!, candidate.values[0]!).nats,
      }));
      const choice = decide(judged)!.candidate;
      if (tells({ lift: liftDraws(halves[1]!, choice.values[1]!).nats })) found++;
    }
    expect(found).toBeLessThanOrEqual(1);
  });
});

describe('resamples', () => {
  it('keep the number of windows of every domain', () => {
    const groups = [[0, 1, 2], [3], [4, 5, 6, 7, 8]];
    const resamples = new Resamples(9, groups, 7, 50);
    for (let r = 0; r < 50; r++) {
      const weights = resamples.weights(r);
      expect(groups.map((group) => group.reduce((sum, i) => sum + weights[i]!, 0))).toEqual([3, 1, 5]);
    }
  });

  it('are shared, so that a number minus itself is 0', () => {
    const sample = sampleOf(Float64Array.from({ length: 16 }, (_, i) => i));
    const { nats } = liftDraws(sample, sample.gains);
    expect(difference(nats, nats)).toEqual({ value: 0, low: 0, high: 0 });
    expect(intervalOf(nats).low).toBeLessThan(intervalOf(nats).high);
  });
});

describe('nearDuplicates', () => {
  const random = new Random(1, 'text');
  const text = (): Int32Array => Int32Array.from({ length: 200 }, () => random.below(500));

  it('joins copies, halves of copies, and what they join; other text stays apart', () => {
    const [a, b] = [text(), text()];
    const half = Int32Array.from([...a.subarray(100), ...text().subarray(100)]);
    const clusters = nearDuplicates([a, b, a.slice(), half, text()]);
    expect(clusters[2]).toBe(clusters[0]);
    expect(clusters[3]).toBe(clusters[0]);
    expect(new Set(clusters).size).toBe(3);
  });

  it('takes windows shorter than a run', () => {
    expect(new Set(nearDuplicates([Int32Array.of(1), Int32Array.of(1), new Int32Array(0)])).size).toBe(3);
  });
});
