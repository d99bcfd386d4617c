// Why a window is kept or not, in words: what its score is made of, and what decided.
import { longattn } from '../src/scores/attention/longattn.js';
import type { PageHeads, PageScore, PageSettings } from '../src/report/page-data.js';
import { count, percent, short } from './numbers.js';

export interface LdsParts {
  /** Std(DS): standard deviations from the mean of the domain, or the place in its range. */
  ds: number;
  /** What DU adds: alpha * Std(DU). */
  du: number;
}

/**
 * The two terms of an LDS, by the function that the selection ranks with: at alpha 0 it gives the first, and the rest is DU's.
 * @param columns DS and DU of all windows
 * @param rows the windows of the domain
 */
export function ldsParts(
  columns: readonly Float64Array[],
  rows: Uint32Array,
  row: number,
  { std, score }: { std: PageScore['std']; score: number },
): LdsParts {
  const own = columns.map((column) => Float64Array.from(rows, (one) => column[one]!));
  const ds = longattn.combine(own, { alpha: 0, std })[rows.indexOf(row)]!;
  return { ds, du: score - ds };
}

/** @param parts absent: the score is no LDS */
export function scoreText(
  { name, formula, std }: PageScore,
  { alpha }: PageSettings,
  score: number,
  parts?: LdsParts,
): string {
  const is = `Its score is ${short(score)} by ${name} = ${formula}`;
  if (!parts) return `${is}.`;
  const { ds, du } = parts;
  const at = (value: number): string =>
    std === 'minmax'
      ? `at ${percent(value)} of the way from the lowest to the highest of the domain`
      : `${short(Math.abs(value))} standard deviations ${value < 0 ? 'below' : 'above'} the domain's mean`;
  const ofDu =
    alpha === 0 ? 'DU, which alpha 0 leaves out' : `alpha ${short(alpha)} times DU, which is ${at(du / alpha)}`;
  return `${is}: ${short(ds)} comes from DS, which is ${at(ds)}, and ${short(du)} from ${ofDu}.`;
}

export interface HeadDs {
  head: number;
  value: number;
  /** Over all windows of the domain. */
  mean: number;
  /** Standard deviations of the domain that the window lies above the mean. */
  above: number;
}

const NAMED = 3;

/** The heads of a window, those that lie furthest from their mean first. */
export function headsByDifference(values: readonly number[], { mean, std }: PageHeads): HeadDs[] {
  return values
    .map((value, head) => ({
      ...{ head, value, mean: mean[head]! },
      above: std[head] ? (value - mean[head]!) / std[head] : 0,
    }))
    .sort((a, b) => Math.abs(b.above) - Math.abs(a.above) || a.head - b.head);
}

/** Which head it is. @param heads as `headsByDifference` gives them, one at least */
export function headText(heads: readonly HeadDs[], domain: string): string {
  const up = heads.filter(({ value, mean }) => value > mean).length;
  const most = heads.reduce((best, one) => (one.value > best.value ? one : best));
  const named = heads
    .slice(0, NAMED)
    .map(
      ({ head, value, above }) =>
        `head ${head} (DS ${short(value)}, ${Math.abs(above).toFixed(1)} standard deviations ${above < 0 ? 'below' : 'above'})`,
    );
  return (
    `Which head: ${up} of ${heads.length} heads, numbered from 0, look further back than on average in ${domain}. ` +
    `Furthest from it: ${named.join(', ')}. Head ${most.head} looks back most, with ${short(most.value)}; on average it has ${short(most.mean)}.`
  );
}

export interface Decision {
  /** `kept`, or the reason of the selection. */
  reason: string;
  domain: string;
  rank: number;
  /** Windows of the domain, and those of them that are kept. */
  windows: number;
  kept: number;
  score: number;
  /** Of the last kept. */
  cut: number;
  /** Share of the window inside verbatim repeats. */
  repeats: number;
}

export function decisionText(decision: Decision, settings: PageSettings): string {
  const { reason, domain, rank, windows, kept, score, cut } = decision;
  const place = `rank ${count(rank)} of ${count(windows)} in ${domain}, where ${count(kept)} are kept`;
  const last = kept === 0 ? '' : ` The cut, the score of the last kept, is ${short(cut)}.`;
  const draw = settings.temperature ? ` Windows were drawn, with temperature ${settings.temperature}.` : '';
  if (reason === 'kept') return `Kept: ${place}.${last}${draw}`;
  const would = kept > 0 && score >= cut ? ' By its score alone it would be kept.' : '';
  return `Not kept: ${reason}; ${place}.${last}${draw} ${decidedBy(decision, settings, would)}`.trimEnd();
}

function decidedBy({ reason, score, cut, kept, repeats }: Decision, settings: PageSettings, would: string): string {
  const { maxRepeats, maxPerDocument, maxOverlap } = settings;
  switch (reason) {
    case 'repeats itself':
      return `The guard decided: ${percent(repeats)} of it lie inside verbatim repeats, and ${percent(maxRepeats)} may.${would}`;
    case 'its document has enough windows':
      return `The guard decided: of its document ${count(maxPerDocument!)} better windows are kept, the most that may be.${would}`;
    case 'overlaps a better window':
      return `The guard decided: a better window that is kept covers more of it than ${percent(maxOverlap)}.${would}`;
    case 'not drawn':
      return 'The draw took others.';
    default:
      if (kept === 0 || score > cut) return '';
      return score === cut
        ? 'The budget decided: its score is that of the last kept, and of equals the first by id is taken.'
        : `The budget decided: its score is ${short(cut - score)} below the cut.`;
  }
}
