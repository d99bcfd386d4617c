// What `--score TEXT` means: a score over attention, a count over token ids, or a blend of both.
import { invalid } from '../base/errors.js';
import { findSingle, NAMED_BLENDS, type SingleScore } from './registry.js';

export type ResolvedScore =
  SingleScore | { kind: 'blend'; name: string; parts: { score: SingleScore; weight: number }[] };

const BLEND = 'blend:';
const PART = /^(?:(-?\d+(?:\.\d+)?)\*)?([^*+]+)$/;

/**
 * `content`, `gzip`, or `blend:content+0.5*recurrence-2` (weights default to 1, a negative one turns a score round).
 * @throws LongattnError INVALID_OPTION naming the scores that exist
 */
export function resolveScore(text: string): ResolvedScore {
  if (Object.hasOwn(NAMED_BLENDS, text)) return { ...resolveScore(NAMED_BLENDS[text]!), name: text } as ResolvedScore;
  if (!text.startsWith(BLEND)) return findSingle(text);
  const parts = text
    .slice(BLEND.length)
    .split('+')
    .flatMap((part) => {
      const match = PART.exec(part.trim());
      if (!match) throw invalid('score', text, 'blend:A+B or blend:2*A+0.5*B, with the names of scores');
      const [name, weight] = [match[2]!.trim(), match[1] === undefined ? 1 : Number(match[1])];
      const named = Object.hasOwn(NAMED_BLENDS, name) ? resolveScore(name) : undefined;
      if (named?.kind !== 'blend') return [{ score: findSingle(name, text), weight }];
      return named.parts.map(({ score }) => ({ score, weight: weight / named.parts.length }));
    });
  if (parts.every(({ weight }) => weight === 0))
    throw invalid('score', text, 'a blend with at least one weight other than 0');
  return { kind: 'blend', name: text, parts };
}

/** As a person reads it: the formula of each score with its weight. */
export function formulaOf(resolved: ResolvedScore): string {
  if (resolved.kind !== 'blend') return resolved.score.formula;
  const parts = resolved.parts.map(({ score, weight }) => `${weight} * Std(${score.score.formula})`);
  return `(${parts.join(' + ')}) / sum of |weights|, Std = zscore`;
}

/** Is a part of it made of a model's attention? */
export function needsModel(score: ResolvedScore): boolean {
  const singles = score.kind === 'blend' ? score.parts.map((part) => part.score) : [score];
  return singles.some(({ kind }) => kind === 'attention');
}
