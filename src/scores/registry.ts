// Every score by its name. `registerScore` adds one of the user's: ten lines in a Node script.
import { invalid, LongattnError } from '../base/errors.js';
import { distance } from './attention/distance.js';
import { effectiveFar } from './attention/effective-far.js';
import { gain } from './attention/gain.js';
import { law } from './attention/law.js';
import { longattn, longattnMinmax } from './attention/longattn.js';
import { nllGain } from './attention/nll-gain.js';
import { content, ds, du, entropy, farPeak } from './attention/plain.js';
import type { AttentionScore } from './score.js';

const shipped = [
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
const registry = new Map<string, AttentionScore>(shipped.map((score) => [score.name, score]));

/** @throws LongattnError INVALID_OPTION naming the scores that exist */
export function findScore(name: string): AttentionScore {
  const score = registry.get(name);
  if (!score) throw invalid('score', name, `one of ${[...registry.keys()].join(', ')}`);
  return score;
}

export function listScores(): AttentionScore[] {
  return [...registry.values()];
}

/** Make a score of your own usable by `select` and `validate`. Refuses a name that is taken. */
export function registerScore(score: AttentionScore): void {
  if (registry.has(score.name)) {
    throw new LongattnError(
      'SCORE_EXISTS',
      'usage',
      `A score must not be named ${JSON.stringify(score.name)}: it exists. Choose another name.`,
    );
  }
  registry.set(score.name, score);
}
