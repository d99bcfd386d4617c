// What is fitted: to nll-gain a row a real window, to pairs a row a real window and one of its controls. On the windows of one half.
import { documentOf } from '../../base/window-id.js';
import { moments, standardize } from '../../scores/standardize.js';
import type { Candidate } from '../candidate.js';
import type { CaseTable } from '../case-table.js';
import type { ControlFacts } from '../cases.js';
import { PAIRS } from './logistic.js';
import type { Regression } from './regression.js';
import { gainRegression } from './ridge.js';

export interface Problem {
  regression: Regression;
  /** The column of a score: a number a row. */
  column: (candidate: Candidate) => Float64Array;
  /** Row of the case table, a row: the real window. */
  reals: readonly number[];
  /** A number a row, equal for windows of one document and for near-duplicates. */
  groups: readonly number[];
  /** Those that the guard does not refuse. */
  fitted: readonly number[];
}

/** @param gains nll-gain by row of the case table, nats a token: of all real windows at least */
export function gainProblem(table: CaseTable, gains: Float64Array, refused: Uint8Array): Problem {
  const domains = table.domains.map((domain) => table.reals(domain));
  const reals = domains.flatMap((rows) => [...rows]);
  const standard = (values: (rows: Int32Array) => Float64Array): Float64Array =>
    Float64Array.from(domains.flatMap((rows) => [...standardize(values(rows), 'zscore')]));
  return {
    regression: gainRegression(standard((rows) => Float64Array.from(rows, (row) => gains[row]!))),
    column: (candidate) => standard((rows) => candidate.values(rows)),
    reals,
    groups: groupsOf(table, reals),
    fitted: reals.flatMap((row, at) => (refused[row] ? [] : [at])),
  };
}

/** Differences in units of the deviation of the real windows of the domain, as a selection standardises them. */
export function pairProblem(table: CaseTable, controls: readonly ControlFacts[], refused: Uint8Array): Problem {
  const parts = controls.flatMap(({ name, higher }) =>
    table.pairs(name).map((pairs) => ({ ...pairs, sign: higher === 'real' ? 1 : -1 })),
  );
  const reals = parts.flatMap(({ real }) => [...real]);
  const others = parts.flatMap(({ control }) => [...control]);
  return {
    regression: PAIRS,
    column: (candidate) =>
      Float64Array.from(
        parts.flatMap(({ domain, real, control, sign }) => {
          const all = table.reals(domain);
          // Together, for the scores that are themselves standardised over the windows that they are asked for.
          const values = candidate.values(Int32Array.of(...all, ...control));
          const { deviation } = moments(values.subarray(0, all.length));
          if (deviation === 0) return new Array<number>(real.length).fill(0);
          return Array.from(
            real,
            (row, i) => (sign * (values[all.indexOf(row)]! - values[all.length + i]!)) / deviation,
          );
        }),
      ),
    reals,
    groups: groupsOf(table, reals),
    fitted: reals.flatMap((row, at) => (refused[row] || refused[others[at]!] ? [] : [at])),
  };
}

/** Equal also for what hangs together by way of others. */
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
