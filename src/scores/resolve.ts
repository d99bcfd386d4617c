// What `--score TEXT` means: a score over attention, a count over token ids, or a blend of both.
import { invalid } from '../base/errors.js';
import type { AttentionScore } from './score.js';
import { findSingle, NAMED_BLENDS, type SingleScore } from './registry.js';

export type ResolvedScore = SingleScore | { kind: 'blend'; name: string; parts: BlendPart[] };

export interface BlendPart {
  score: SingleScore;
  weight: number;
  /** Of a score over attention; undefined: the layer that is ranked by. */
  layer?: number;
}

const BLEND = 'blend:';
/** name@layer */
const PLACED = /^(.+)@(\d+)$/;
const PART = /^(?:(-?\d+(?:\.\d+)?)\*)?([^*+]+)$/;

/**
 * `content`, `gzip`, or `blend:content+0.5*recurrence-2` (weights default to 1, a negative one turns a score round). A score over attention in a
 * blend may name its layer: `blend:content@14+0.3*ds@7`.
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
      if (!match) throw invalid('score', text, 'blend:A+B or blend:2*A+0.5*B@7, with the names of scores and layers');
      const [name, weight] = [match[2]!.trim(), match[1] === undefined ? 1 : Number(match[1])];
      const placed = PLACED.exec(name);
      if (placed) return [{ ...placedAt(findSingle(placed[1]!, text), Number(placed[2]), text), weight }];
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
  const parts = resolved.parts.map(({ score, weight, layer }) => {
    const where = layer === undefined ? '' : ` of layer ${layer}`;
    return `${weight} * Std(${score.score.formula}${where})`;
  });
  return `(${parts.join(' + ')}) / sum of |weights|, Std = zscore`;
}

/** Those of a blend, or the one score itself. */
export function partsOf(score: ResolvedScore): readonly BlendPart[] {
  return score.kind === 'blend' ? score.parts : [{ score, weight: 1 }];
}

/** What is made of attention statistics, in the order of its parts. */
export function attentionTerms(score: ResolvedScore): { score: AttentionScore; layer?: number }[] {
  return partsOf(score).flatMap(({ score: one, layer }) =>
    one.kind === 'attention' ? [{ score: one.score, ...(layer !== undefined && { layer }) }] : [],
  );
}

function placedAt(score: SingleScore, layer: number, text: string): Pick<BlendPart, 'score' | 'layer'> {
  if (score.kind === 'attention') return { score, layer };
  throw invalid(
    'score',
    text,
    `without a layer for ${score.score.name}: it is made of token ids, and is the same on all`,
  );
}

/** Is a part of it made of a model's attention? */
export function needsModel(score: ResolvedScore): boolean {
  return partsOf(score).some((part) => part.score.kind === 'attention');
}
