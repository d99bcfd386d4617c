// What `--score TEXT` means: a score over attention, one over token ids, or a blend of both.
import { invalid } from '../errors.js';
import type { TextScore } from './counts/text-score.js';
import { findScore, listScores } from './registry.js';
import type { AttentionScore } from './score.js';
import { findTextScore, hasTextScore, listTextScores } from './text-registry.js';

export type SingleScore = { kind: 'attention'; score: AttentionScore } | { kind: 'text'; score: TextScore };
export type ResolvedScore =
  SingleScore | { kind: 'blend'; name: string; parts: { score: SingleScore; weight: number }[] };

const BLEND = 'blend:';
const PART = /^(?:(-?\d+(?:\.\d+)?)\*)?([^*+]+)$/;

/**
 * `content`, `gzip`, or `blend:content+0.5*recurrence-2` (weights default to 1, a negative one turns a score round).
 * @throws LongattnError INVALID_OPTION naming the scores that exist
 */
export function resolveScore(text: string): ResolvedScore {
  if (!text.startsWith(BLEND)) return single(text, text);
  const parts = text
    .slice(BLEND.length)
    .split('+')
    .map((part) => {
      const match = PART.exec(part.trim());
      if (!match) throw invalid('score', text, 'blend:A+B or blend:2*A+0.5*B, with the names of scores');
      return { score: single(match[2]!.trim(), text), weight: match[1] === undefined ? 1 : Number(match[1]) };
    });
  if (parts.every(({ weight }) => weight === 0))
    throw invalid('score', text, 'a blend with at least one weight other than 0');
  return { kind: 'blend', name: text, parts };
}

function single(name: string, given: string): SingleScore {
  if (hasTextScore(name)) return { kind: 'text', score: findTextScore(name) };
  const names = [...listScores(), ...listTextScores()].map((score) => score.name);
  if (!names.includes(name)) throw invalid('score', given, `one of ${names.join(', ')}, or a blend:A+B of these`);
  return { kind: 'attention', score: findScore(name) };
}
