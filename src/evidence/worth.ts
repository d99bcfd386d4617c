// What scores are worth: the lift of each, and the best of each step of cost.
import type { Candidate } from './candidate.js';
import { NLL_GAIN } from './cells.js';
import { judged, objectiveOf, type Judged } from './choose.js';
import { PEERS } from './peers/peers.js';
import type { Analysis } from './prepare-analysis.js';
import type { FrontierPoint, LiftRow } from './report.js';

/** Lift of every score at the first k, on all windows: nothing is chosen here. */
export function liftRows({ input: { gains, ks }, candidates, onReals, judges }: Analysis): LiftRow[] {
  if (!gains) return [];
  const shown = [...onReals, ...candidates].filter(({ k }) => k === undefined || k === ks[0]);
  return shown.map((candidate) => ({
    score: candidate.score,
    layer: candidate.layer ?? null,
    pooled: judges.whole.lift(candidate)!,
    domains: judges.whole.liftByDomain(candidate),
    seconds: null,
  }));
}

/**
 * The best of each step of cost on the first half, measured on the second; nothing is chosen of the yardstick, and of the scores of
 * others the layer.
 * @param all candidates with their numbers on the first half @param fitted the blend, where there is one
 */
export function frontierOf(
  { input, onReals, judges: { first, second } }: Analysis,
  all: readonly Judged[],
  fitted: Candidate | undefined,
): FrontierPoint[] {
  if (!input.gains) return [];
  const measured = onReals.map((candidate) => judged(candidate, 0, first.numbersOnReals(candidate)));
  const best = new Map<string, Judged>();
  for (const one of [...all, ...measured]) {
    const { score, layer } = one.candidate;
    const step = kindOf(score) === 'ours' ? `layer ${layer}` : score;
    const before = best.get(step);
    if (!before || objectiveOf(one) > objectiveOf(before)) best.set(step, one);
  }
  const point = (kind: FrontierPoint['kind'], candidate: Candidate): FrontierPoint => ({
    kind,
    score: candidate.score,
    layer: candidate.layer ?? null,
    lift: second.lift(candidate)!,
    seconds: null,
  });
  const points = [...best.values()].map(({ candidate }) => point(kindOf(candidate.score), candidate));
  return fitted ? [...points, point('fit', fitted)] : points;
}

function kindOf(score: string): FrontierPoint['kind'] {
  return score === NLL_GAIN ? 'yardstick' : (PEERS as readonly string[]).includes(score) ? 'peer' : 'ours';
}
