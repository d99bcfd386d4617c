// Two rows of scores, number by number: which differ, and by how much.
//
// The error of a number is |run - golden| / max(|golden|, floor), where the floor is a millionth of the largest golden number of the
// same column and row. So numbers near zero (an empty bin, a head that looks nowhere far) are held to the scale of their neighbours,
// and the variance, about 1e-9 by nature, is still compared relatively.
import type { ScoreRow } from '../base/records.js';
import { BINS } from '../arrow/schema.js';

const FLOOR_SHARE = 1e-6;

/** Columns with numbers a head, and how many a head. */
const COLUMNS = [
  ['ds', 1],
  ['variance', 1],
  ['entropy', 1],
  ['farPeak', 1],
  ['massBins', BINS],
  ['squareBins', BINS],
  ['sinkMassBins', BINS],
  ['sinkSquareBins', BINS],
] as const;

/** Numbers a window. */
const LOSSES = ['loss', 'nearLoss'] as const;

export type ComparedColumn = (typeof COLUMNS)[number][0] | (typeof LOSSES)[number] | 'tokenDs';

export interface Difference {
  column: ComparedColumn;
  domain: string;
  windowId: string;
  layer: number;
  /** Undefined for `tokenDs`, which is a mean over heads, and for losses. */
  head: number | undefined;
  /** Distance bin, or token for `tokenDs`; undefined for a number a head. */
  index: number | undefined;
  run: number;
  golden: number;
  /** As defined above; Infinity where one of the two is no number. */
  error: number;
}

/** The largest difference of each column, equal numbers too (error 0). Both rows have the same shape. */
export function compareRow(run: ScoreRow, golden: ScoreRow): Difference[] {
  const differences: Difference[] = COLUMNS.map(([column, perHead]) => {
    const at = worst(run[column], golden[column]);
    const head = Math.floor(at.index / perHead);
    return { column, ...place(golden), head, index: perHead > 1 ? at.index % perHead : undefined, ...at.values };
  });
  if (run.tokenDs && golden.tokenDs) {
    const at = worst(run.tokenDs, golden.tokenDs);
    differences.push({ column: 'tokenDs', ...place(golden), head: undefined, index: at.index, ...at.values });
  }
  for (const column of LOSSES) {
    if (run[column] === undefined || golden[column] === undefined) continue;
    const { values } = worst([run[column]], [golden[column]]);
    differences.push({ column, ...place(golden), head: undefined, index: undefined, ...values });
  }
  return differences;
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

function place({ domain, windowId, layer }: ScoreRow): Pick<Difference, 'domain' | 'windowId' | 'layer'> {
  return { domain, windowId, layer };
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
