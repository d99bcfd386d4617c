// Choose score, layer, k and heads on one half of the windows; the choice is measured on the other.
import type { CombineSettings } from '../scores/score.js';
import { findScore } from '../scores/registry.js';
import { attentionCandidate, type Candidate, type LayerRows } from './candidate.js';
import { NLL_GAIN } from './cells.js';
import { decide, type Judged as Decided } from './decide.js';
import type { Judge, Numbers } from './judge.js';
import { PEERS } from './peers/peers.js';

/** Neither chance nor the yardstick itself is a choice, and nothing selects by the scores of others. */
export const NEVER_CHOSEN: ReadonlySet<string> = new Set([NLL_GAIN, 'random', ...PEERS]);

export interface Judged extends Decided<Candidate> {
  candidate: Candidate;
}

/** One number to order the candidates of a score by: its lift in nats, or without losses its worst control that counts. */
export function objectiveOf({ lift, worst }: Pick<Judged, 'lift' | 'worst'>): number {
  return lift?.value ?? worst?.value ?? 0;
}

export function judged(candidate: Candidate, cost: number, { lift, worst }: Numbers): Judged {
  return { candidate, cost, lift: lift?.nats, worst };
}

/** The best candidate of each score, best first. Ties go to the one that came first (the lower layer). */
export function bestOfEachScore(all: readonly Judged[]): Judged[] {
  const best = new Map<string, Judged>();
  for (const one of all) {
    const before = best.get(one.candidate.score);
    if (!before || objectiveOf(one) > objectiveOf(before)) best.set(one.candidate.score, one);
  }
  return [...best.values()].sort((a, b) => objectiveOf(b) - objectiveOf(a));
}

/**
 * The heads of a chosen (score, layer, k): single heads are ranked by their objective, and of the nested sets of the best 1, 2, 4, ...
 * and all heads the rule of the choice takes one: all heads unless fewer are better beyond doubt.
 * @param judge on the first half
 */
export function chooseHeads(chosen: Judged, rows: LayerRows, settings: CombineSettings, judge: Judge): Judged {
  const { score: name, layer, k = rows[0]!.k, heads } = chosen.candidate;
  if (heads === undefined) return chosen;
  const score = findScore(name);
  const of = (some: readonly number[]): Judged => {
    const candidate = attentionCandidate(score, rows, { layer: layer!, heads: some, k }, settings);
    return judged(candidate, chosen.cost + 1, judge.numbers(candidate));
  };
  const count = rows[0]!.ds.length;
  const single = Array.from({ length: count }, (_, head) => ({ head, objective: objectiveOf(of([head])) }));
  single.sort((a, b) => b.objective - a.objective || a.head - b.head);
  const sets = [chosen];
  for (let size = 1; size < count; size *= 2) {
    const some = single.slice(0, size).map(({ head }) => head);
    sets.push(of(some.sort((a, b) => a - b)));
  }
  return decide(sets) as Judged;
}
