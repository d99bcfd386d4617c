// A blend of a few scores that is fitted to nll-gain on one half of the windows, as a candidate that `select` can rank by.
//
// Its weights are those that its name spells, three decimals each: what is tested is what a run with that name does.
import { documentOf } from '../../base/window-id.js';
import { blend } from '../../scores/blend.js';
import { standardize } from '../../scores/standardize.js';
import type { Candidate } from '../candidate.js';
import type { CaseTable } from '../case-table.js';
import type { FitFinding } from '../report.js';
import { fitTerms } from './fit-terms.js';

/** Of weights whose absolute values add up to 1: what is smaller is no part of a blend. */
const DECIMALS = 3;

export interface FitInput {
  /** Scores to take terms from: over all heads, at one k. */
  candidates: readonly Candidate[];
  /** The half that is fitted. */
  table: CaseTable;
  /** nll-gain by row of the case table, nats a token: of all real windows at least. */
  gains: Float64Array;
  /** By row of the case table: 1 where the guard refuses the window. Such a window is not fitted, as none is kept. */
  refused: Uint8Array;
}

export interface FittedBlend extends Pick<FitFinding, 'terms' | 'l2' | 'windows' | 'documents'> {
  /** Undefined where no term foretells nll-gain. */
  candidate: Candidate | undefined;
}

export function fitBlend({ candidates, table, gains, refused }: FitInput): FittedBlend {
  const reals = table.domains.map((domain) => table.reals(domain));
  const rows = reals.flatMap((some) => [...some]);
  const column = (values: (some: Int32Array) => Float64Array): Float64Array =>
    Float64Array.from(reals.flatMap((some) => [...standardize(values(some), 'zscore')]));
  const usable = candidates.filter((candidate) => allFinite(candidate, table));
  const groups = groupsOf(table, rows);
  const fitted = rows.flatMap((row, place) => (refused[row] ? [] : [place]));
  const columns = usable.map((candidate) => column((some) => candidate.values(some)));
  const found = fitTerms(
    columns,
    column((some) => Float64Array.from(some, (row) => gains[row]!)),
    groups,
    fitted,
  );
  const scale = found.weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const terms = found.terms.flatMap((term, at) => {
    const weight = Number((found.weights[at]! / scale).toFixed(DECIMALS));
    return weight === 0 ? [] : [{ candidate: usable[term]!, weight }];
  });
  return {
    candidate: terms.length === 0 ? undefined : fittedCandidate(terms),
    terms: terms.map(({ candidate: { score, layer = null }, weight }) => ({ score, layer, weight })),
    l2: terms.length === 0 ? null : found.l2,
    windows: fitted.length,
    documents: new Set(fitted.map((place) => groups[place])).size,
  };
}

/** `blend:0.7*content@14+-0.3*gzip`, each score standardised over the windows that are looked at. */
function fittedCandidate(terms: readonly { candidate: Candidate; weight: number }[]): Candidate {
  const weights = terms.map(({ weight }) => weight);
  const parts = terms.map(({ candidate: { score, layer }, weight }) => {
    return `${weight}*${score}${layer === undefined ? '' : `@${layer}`}`;
  });
  const k = terms.find(({ candidate }) => candidate.k !== undefined)?.candidate.k;
  return {
    score: `blend:${parts.join('+')}`,
    ...(terms.some(({ candidate }) => candidate.layer !== undefined) && { heads: 'all' as const }),
    ...(k !== undefined && { k }),
    values: (rows) =>
      blend(
        terms.map(({ candidate }) => candidate.values(rows)),
        weights,
      ),
  };
}

/** Also of the controls, which the blend will be tested on. */
function allFinite(candidate: Candidate, table: CaseTable): boolean {
  return table.domains.every((domain) => {
    const rows = table.cases.flatMap((one, row) => (one.domain === domain ? [row] : []));
    return candidate.values(Int32Array.from(rows)).every(Number.isFinite);
  });
}

/** A number a row: equal for windows of one document and for near-duplicates, also by way of others. */
function groupsOf({ cases }: CaseTable, rows: readonly number[]): number[] {
  const parent = rows.map((_, place) => place);
  const root = (place: number): number => (parent[place] === place ? place : root(parent[place]!));
  const first = new Map<string, number>();
  rows.forEach((row, place) => {
    const { pair, domain, cluster } = cases[row]!;
    for (const key of [`document ${documentOf(pair)}`, `cluster ${cluster} of ${domain}`]) {
      const before = first.get(key);
      if (before === undefined) first.set(key, place);
      else parent[root(place)] = root(before);
    }
  });
  return rows.map((_, place) => root(place));
}
