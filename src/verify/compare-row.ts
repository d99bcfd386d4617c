// Two rows of scores, number by number: which differ, and by how much.
//
// The error of a number is |run - golden| / max(|golden|, floor), where the floor is a millionth of the largest golden number of the
// same column and row. So numbers near zero (an empty bin, a head that looks nowhere far) are held to the scale of their neighbours,
// and the variance, about 1e-9 by nature, is still compared relatively.
import type { ScoreRow } from '../base/records.js';
import { BINS, STATISTIC_ROWS, type Statistic } from '../base/statistics.js';

const FLOOR_SHARE = 1e-6;

export interface Difference {
  column: Statistic;
  domain: string;
  windowId: string;
  layer: number;
  /** Undefined for what is one number a token (a mean over heads) or a window. */
  head: number | undefined;
  /** Distance bin, or token; undefined for a number a head or a window. */
  index: number | undefined;
  run: number;
  golden: number;
  /** As defined above; Infinity where one of the two is no number. */
  error: number;
}

/** The largest difference of each column that both have, equal numbers too (error 0). Both rows have the same shape. */
export function compareRow(run: ScoreRow, golden: ScoreRow): Difference[] {
  const { domain, windowId, layer } = golden;
  return STATISTIC_ROWS.flatMap(([column, { per }]): Difference[] => {
    const [a, b] = [run[column], golden[column]];
    if (a === undefined || b === undefined) return [];
    const at = worst(numbers(a), numbers(b));
    const [head, index] = {
      head: [at.index, undefined],
      bin: [Math.floor(at.index / BINS), at.index % BINS],
      token: [undefined, at.index],
      window: [undefined, undefined],
    }[per];
    return [{ column, domain, windowId, layer, head, index, ...at.values }];
  });
}

function numbers(value: number | ArrayLike<number>): ArrayLike<number> {
  return typeof value === 'number' ? [value] : value;
}

/** Why two rows of the same window and layer cannot be compared; undefined when they can. */
export function shapeMismatch(run: ScoreRow, golden: ScoreRow): string | undefined {
  const facts = (row: ScoreRow): [string, number][] => [
    ['length', row.length],
    ['k', row.k],
    ['heads', row.ds.length],
    ...(row.tokenDs ? ([['tokens', row.tokenDs.length]] as [string, number][]) : []),
  ];
  const expected = new Map(facts(golden));
  for (const [name, value] of facts(run)) {
    if (expected.has(name) && expected.get(name) !== value) return `${name} ${value} instead of ${expected.get(name)}`;
  }
  return undefined;
}

function worst(
  run: ArrayLike<number>,
  golden: ArrayLike<number>,
): { index: number; values: Pick<Difference, 'run' | 'golden' | 'error'> } {
  let largest = 0;
  for (let i = 0; i < golden.length; i++) largest = Math.max(largest, Math.abs(golden[i]!));
  let [index, error] = [0, 0];
  for (let i = 0; i < golden.length; i++) {
    const found = relativeError(run[i]!, golden[i]!, FLOOR_SHARE * largest);
    if (found > error) [index, error] = [i, found];
  }
  return { index, values: { run: run[index]!, golden: golden[index]!, error } };
}

function relativeError(run: number, golden: number, floor: number): number {
  if (run === golden) return 0;
  const error = Math.abs(run - golden) / Math.max(Math.abs(golden), floor);
  return Number.isNaN(error) ? Infinity : error;
}
