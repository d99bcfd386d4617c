// Lift: what a user buys. The mean nll-gain of the windows that a score keeps, over the mean of all real windows; also in nats.
//
// 1 is what a random choice gives, the lift of nll-gain itself is the most that can be had. Kept windows are chosen as `select` chooses
// them: the best of each domain, past those that the guard refuses.
import type { Interval } from './bootstrap.js';
import { draw, intervalOf, standardError, type Draws, type Resamples } from './resample.js';

/** Fewer kept windows say nothing of a mean. */
export const FEWEST_KEPT = 8;
/** A ratio to a mean gain that may be 0 is no number. */
const STANDARD_ERRORS = 2;

export interface LiftDomain {
  domain: string;
  /** Places of its windows in the sample. */
  windows: ArrayLike<number>;
}

export interface LiftSample {
  domains: readonly LiftDomain[];
  /** nll-gain by place, nats a token. */
  gains: Float64Array;
  /** By place: 1 where the guard refuses the window. */
  refused: Uint8Array;
  /** Of the windows of each domain, rounded up. */
  share: number;
  resamples: Resamples;
}

export interface Lift {
  /** Kept over all; null where the mean gain of all lies within two standard errors of 0. */
  ratio: Interval | null;
  /** Kept minus all, nats a token. */
  nats: Interval;
  /** Windows kept. */
  kept: number;
}

/** What is compared between candidates: the difference in nats is defined whatever the mean. */
export interface LiftDraws {
  ratio: Draws;
  nats: Draws;
}

/** The share of `--keep`, or what keeps 8 windows in all. */
export function keptShare(keep: number, windows: number): number {
  return Math.min(1, Math.max(keep, FEWEST_KEPT / Math.max(1, windows)));
}

/** @param values of the score by place, higher is kept first */
export function liftDraws(sample: LiftSample, values: ArrayLike<number>): LiftDraws {
  const orders = sample.domains.map(({ windows }) => order(windows, values, sample.refused));
  const sums = (weights: Uint16Array): readonly [kept: number, all: number] => keptAndAll(sample, orders, weights);
  const { resamples } = sample;
  const drawn = Array.from({ length: resamples.count }, (_, r) => sums(resamples.weights(r)));
  const [kept, all] = sums(resamples.sample());
  return {
    ratio: { value: kept / all, draws: Float64Array.from(drawn, ([x, y]) => x / y) },
    nats: { value: kept - all, draws: Float64Array.from(drawn, ([x, y]) => x - y) },
  };
}

export function liftOf(sample: LiftSample, { ratio, nats }: LiftDraws): Lift {
  const kept = sample.domains.reduce((sum, { windows }) => sum + room(sample.share, windows.length), 0);
  return { ratio: hasRatio(sample) ? intervalOf(ratio) : null, nats: intervalOf(nats), kept };
}

/** The mean gain of all windows, nats a token. */
export function meanGain({ gains, resamples }: LiftSample): Draws {
  return draw(resamples, (weights) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < gains.length; i++) {
      sum += weights[i]! * gains[i]!;
      count += weights[i]!;
    }
    return sum / count;
  });
}

function hasRatio(sample: LiftSample): boolean {
  const mean = meanGain(sample);
  return mean.value > STANDARD_ERRORS * standardError(mean);
}

const room = (share: number, windows: number): number => Math.ceil(share * windows * (1 - 1e-12));

/** The windows of one domain that are kept: the best of them, without those that the guard refuses. */
export function bestOf(
  windows: ArrayLike<number>,
  values: ArrayLike<number>,
  refused: Uint8Array,
  share: number,
): number[] {
  return order(windows, values, refused).slice(0, room(share, windows.length));
}

/** Best first, ties in the order of the sample; without those that the guard refuses. */
function order(windows: ArrayLike<number>, values: ArrayLike<number>, refused: Uint8Array): number[] {
  return Array.from(windows)
    .filter((window) => refused[window] === 0)
    .sort((a, b) => values[b]! - values[a]! || a - b);
}

/** A window that was drawn several times takes as many places; the last place may be left to a part of one. */
function keptAndAll(
  { domains, gains, share }: LiftSample,
  orders: readonly number[][],
  weights: Uint16Array,
): [kept: number, all: number] {
  let [keptSum, keptCount, allSum, allCount] = [0, 0, 0, 0];
  domains.forEach(({ windows }, domain) => {
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i]!;
      allSum += weights[window]! * gains[window]!;
      allCount += weights[window]!;
    }
    let left = room(share, windows.length);
    for (const window of orders[domain]!) {
      const taken = Math.min(left, weights[window]!);
      keptSum += taken * gains[window]!;
      keptCount += taken;
      left -= taken;
      if (left === 0) break;
    }
  });
  const all = allSum / allCount;
  // The guard may refuse all that was drawn: then nothing was gained, and nothing lost.
  return [keptCount === 0 ? all : keptSum / keptCount, all];
}
