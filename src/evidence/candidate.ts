// What is compared: a score with all its choices made (layer, heads, k), as numbers for any set of cases of one domain.
import type { CaseTable } from './case-table.js';
import { blend } from '../scores/blend.js';
import { resolveScore } from '../scores/resolve.js';
import { defaultMaxRepeats } from '../selection/guards/repeats-limit.js';
import { LayerView, type LayerStatistics } from '../scores/layer-view.js';
import type { AttentionScore, CombineSettings } from '../scores/score.js';

export interface Candidate {
  score: string;
  /** Undefined for a score that needs no model. */
  layer?: number;
  /** Undefined for a score without heads. */
  heads?: readonly number[] | 'all';
  /** Undefined where the score ignores it. */
  k?: number;
  /** True for the paper's rankings and for chance, which are selected by without the guard against repeats. */
  unguarded?: boolean;
  /** @param rows of the case table, all of one domain: standardised scores are standardised over exactly these */
  values(rows: Int32Array): Float64Array;
}

/** Statistics of one layer, by row of the case table. */
export type LayerRows = readonly LayerStatistics[];

/** The heads, layer and k under which a score is looked at. */
export interface View {
  layer: number;
  heads: readonly number[] | 'all';
  k: number;
}

export function attentionCandidate(
  score: AttentionScore,
  rows: LayerRows,
  view: View,
  settings: CombineSettings,
): Candidate {
  let columns: Float64Array[] | undefined;
  const all = (): Float64Array[] => (columns ??= componentColumns(score, rows, view));
  return {
    score: score.name,
    ...guardOf(score.name),
    layer: view.layer,
    ...(score.ignoresHeads ? {} : { heads: view.heads }),
    ...(score.ignoresK ? {} : { k: view.k }),
    values: (wanted) =>
      score.combine(
        all().map((column) => gather(column, wanted)),
        settings,
      ),
  };
}

function componentColumns(score: AttentionScore, rows: LayerRows, { heads, k }: View): Float64Array[] {
  const ofWindow = rows.map((row) => score.components(new LayerView(row, heads, score.ignoresK ? row.k : k)));
  return ofWindow[0]!.map((_, component) => Float64Array.from(ofWindow, (components) => components[component]!));
}

export function countCandidates(table: CaseTable): Candidate[] {
  return table.counts.map(({ score, k, values }) => ({
    score,
    ...guardOf(score),
    ...(k === undefined ? {} : { k }),
    values: (wanted) => gather(values, wanted),
  }));
}

/** @param values by row of the case table */
export function measuredCandidate(score: string, values: Float64Array): Candidate {
  return { score, values: (wanted) => gather(values, wanted) };
}

/** The mean of two standardised scores; layer, heads and k are those of the first. */
export function blendCandidate(attention: Candidate, count: Candidate): Candidate {
  return {
    ...attention,
    unguarded: false,
    score: `blend:${attention.score}+${count.score}`,
    values: (wanted) => blend([attention.values(wanted), count.values(wanted)], [1, 1]),
  };
}

function guardOf(score: string): { unguarded: true } | undefined {
  return defaultMaxRepeats(resolveScore(score)) < 1 ? undefined : { unguarded: true };
}

function gather(column: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => column[row]!);
}
