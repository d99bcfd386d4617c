// How the numbers of a validation are spelt wherever a person reads them: names of scores, intervals, seconds, lists.
import type { Interval } from './bootstrap.js';
import type { EvidenceReport, Finding } from './report.js';

export function nameOf({ score, layer, heads, k }: Pick<Finding, 'score' | 'layer' | 'heads' | 'k'>): string {
  const where = layer === null ? '' : ` of layer ${layer}`;
  const which = Array.isArray(heads) ? `, heads ${heads.join(',')}` : '';
  return `\`${score}\`${where}${which}${k === null ? '' : `, k = ${k}`}`;
}

/** A fitted blend spells its weights in full once, where it is said what it was fitted to. */
export function shortName(finding: Finding, { fit }: Pick<EvidenceReport, 'fit'>): string {
  return finding.score === fit?.finding?.score ? 'the fitted blend' : nameOf(finding);
}

export function seconds(value: number): string {
  return value >= 0.1 ? `${value.toFixed(1)} s` : `${(value * 1000).toPrecision(2)} ms`;
}

/** `+0.012 nats a token (+0.004 to +0.021)`. */
export function natsRange({ value, low, high }: Interval): string {
  return `${signed(value)} nats a token (${signed(low)} to ${signed(high)})`;
}

export const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(3)}`;

/** `0.93, 0.88-0.97`. */
export function range({ value, low, high }: Interval): string {
  return `${value.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)}`;
}

export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
