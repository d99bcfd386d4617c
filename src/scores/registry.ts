// Every score by its name, over attention or counts alike. `registerScore` adds one of the user's: ten lines in a Node script.
//
// One table for both kinds, and a name that a blend can spell: a score that is taken can always be chosen.
import { invalid, LongattnError, show } from '../base/errors.js';
import { isStatistic, STATISTIC_NAMES } from '../base/statistics.js';
import { distance } from './attention/distance.js';
import { effectiveFar } from './attention/effective-far.js';
import { gain } from './attention/gain.js';
import { law } from './attention/law.js';
import { longattn, longattnMinmax } from './attention/longattn.js';
import { nllGain } from './attention/nll-gain.js';
import { content, ds, du, entropy, farPeak } from './attention/plain.js';
import type { CountScore } from './counts/count-score.js';
import { shippedCountScores } from './counts/shipped.js';
import type { AttentionScore } from './score.js';

export type SingleScore = { kind: 'attention'; score: AttentionScore } | { kind: 'count'; score: CountScore };

/** Names of blends: n-grams of all three lengths. */
export const NAMED_BLENDS: Readonly<Record<string, string>> = {
  recurrence: 'blend:recurrence-1+recurrence-2+recurrence-3',
};

/** `:`, `*`, `+` and `@` are of the blends, and a number in front would be a weight. */
const NAME = /^\p{L}[\p{L}\p{N}._-]*$/u;

const shippedAttentionScores: AttentionScore[] = [
  longattn,
  longattnMinmax,
  ds,
  du,
  content,
  effectiveFar,
  gain,
  entropy,
  farPeak,
  distance,
  law,
  nllGain,
];

const registry = new Map<string, SingleScore>(
  [...shippedAttentionScores, ...shippedCountScores].map((score) => [score.name, kindOf(score)]),
);

/** @throws LongattnError INVALID_OPTION naming the scores that exist */
export function findSingle(name: string, given = name): SingleScore {
  const single = registry.get(name);
  if (single) return single;
  const known = [...registry.keys(), ...Object.keys(NAMED_BLENDS)].join(', ');
  throw invalid('score', given, `one of ${known}, or a blend:A+B of these`);
}

/** A score over attention statistics. @throws LongattnError INVALID_OPTION naming those that exist */
export function findScore(name: string): AttentionScore {
  const single = registry.get(name);
  if (single?.kind !== 'attention') throw invalid('score', name, `one of ${namesOf(listScores())}`);
  return single.score;
}

/** A score over token ids. @throws LongattnError INVALID_OPTION naming those that exist */
export function findCountScore(name: string): CountScore {
  const single = registry.get(name);
  if (single?.kind !== 'count') throw invalid('score', name, `one of ${namesOf(listCountScores())}`);
  return single.score;
}

/** The scores over attention statistics, the user's last. */
export function listScores(): AttentionScore[] {
  return [...registry.values()].flatMap((single) => (single.kind === 'attention' ? [single.score] : []));
}

/** The scores over token ids, the user's last. */
export function listCountScores(): CountScore[] {
  return [...registry.values()].flatMap((single) => (single.kind === 'count' ? [single.score] : []));
}

/**
 * Make a score of your own usable by `select` and `validate`: one over attention statistics (`components`, `combine`; see
 * `plainScore`), or one over token ids (`open`).
 * @throws LongattnError INVALID_OPTION for a name that could not be chosen or a statistic that is not stored, SCORE_EXISTS for a name
 *   that is taken
 */
export function registerScore(score: AttentionScore | CountScore): void {
  const { name } = score;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid('the name of a score', name, 'a letter, then letters, digits, ".", "_" or "-"');
  }
  if (registry.has(name) || Object.hasOwn(NAMED_BLENDS, name)) {
    throw new LongattnError('SCORE_EXISTS', `A score must not be named ${show(name)}: it exists. Choose another name.`);
  }
  const single = kindOf(score);
  if (single.kind === 'attention') checkReads(single.score);
  registry.set(name, single);
}

function checkReads(score: AttentionScore): void {
  const wrong = score.reads?.find((name) => !isStatistic(name));
  if (wrong !== undefined) throw invalid(`reads of the score ${score.name}`, wrong, `of ${STATISTIC_NAMES.join(', ')}`);
  // What scripts of version 0.1 said instead; ignored, such a score would find nothing where it reads.
  for (const [old, reads] of [
    ['needsTokens', "'tokenDs'"],
    ['needsLosses', "'loss', 'nearLoss'"],
  ] as const) {
    if (old in score) {
      throw invalid(`${old} of the score ${score.name}`, true, `left out: name what it reads, reads: [${reads}]`);
    }
  }
}

function kindOf(score: AttentionScore | CountScore): SingleScore {
  return 'open' in score ? { kind: 'count', score } : { kind: 'attention', score };
}

function namesOf(scores: readonly { name: string }[]): string {
  return scores.map(({ name }) => name).join(', ');
}
