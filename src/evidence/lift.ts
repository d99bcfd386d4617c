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
  /** Gain of all windows, nats a token. */
  mean: Draws;
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

/** What lifts are compared on; the mean of all windows, which no score changes, is drawn once. */
export function liftSample(given: Omit<LiftSample, 'mean'>): LiftSample {
  return { ...given, mean: meanGain(given) };
}

/** @param values of the score by place, higher is kept first */
export function liftDraws(sample: LiftSample, values: ArrayLike<number>): LiftDraws {
  const { resamples, mean } = sample;
  const orders = sample.domains.map(({ windows }) => order(windows, values, sample.refused));
  // The guard may refuse all that was drawn: then nothing was gained, and nothing lost.
  const kept = draw(resamples, (weights) => keptGain(sample, orders, weights));
  const of = (number: (kept: number, all: number) => number): Draws => ({
    value: number(kept.value, mean.value),
    draws: kept.draws.map((one, r) => number(one, mean.draws[r]!)),
  });
  return {
    ratio: of((some, all) => (Number.isNaN(some) ? 1 : some / all)),
    nats: of((some, all) => (Number.isNaN(some) ? 0 : some - all)),
  };
}

export function liftOf(sample: LiftSample, { ratio, nats }: LiftDraws): Lift {
  const kept = sample.domains.reduce((sum, { windows }) => sum + room(sample.share, windows.length), 0);
  return { ratio: hasRatio(sample) ? intervalOf(ratio) : null, nats: intervalOf(nats), kept };
}

/** The mean gain of all windows, nats a token. */
function meanGain({ gains, resamples }: Omit<LiftSample, 'mean'>): Draws {
  return draw(resamples, (weights) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < gains.length; i++) {
      sum += weights[i]! * gains[i]!;
      count += weights[i]!;
    }
    return sum / count;
  });
}

function hasRatio({ mean }: LiftSample): boolean {
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
  return [...order(windows, values, refused).subarray(0, room(share, windows.length))];
}

/** Best first, ties in the order of the sample; without those that the guard refuses. */
function order(windows: ArrayLike<number>, values: ArrayLike<number>, refused: Uint8Array): Int32Array {
  return Int32Array.from(windows)
    .filter((window) => refused[window] === 0)
    .sort((a, b) => values[b]! - values[a]! || a - b);
}

/** A window that was drawn several times takes as many places; the last place may be left to a part of one. NaN where nothing is kept. */
function keptGain({ domains, gains, share }: LiftSample, orders: readonly Int32Array[], weights: Uint16Array): number {
  let [sum, count] = [0, 0];
  for (let domain = 0; domain < domains.length; domain++) {
    const best = orders[domain]!;
    let left = room(share, domains[domain]!.windows.length);
    for (let at = 0; at < best.length && left > 0; at++) {
      const window = best[at]!;
      const weight = weights[window]!;
      const taken = weight < left ? weight : left;
      sum += taken * gains[window]!;
      count += taken;
      left -= taken;
    }
  }
  return sum / count;
}
