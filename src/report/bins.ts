// The bins of a histogram: all windows of a domain, and those that are kept. Of the page and of the terminal alike.

/** Of a histogram of the page. */
export const PAGE_BINS = 50;
/** Of a smaller one the width of a bin may be lost below the smallest double: it is drawn as one value. */
const LEAST_SPREAD = 1e-300;

export interface Bins {
  /** Smallest and largest value of the domain; bins are of equal width between them. */
  from: number;
  to: number;
  /** Windows in each bin, and those of them that are kept. */
  all: number[];
  kept: number[];
}

export interface Binned {
  /** A number a window of the run. */
  values: Float64Array;
  /** Windows of the domain. */
  rows: Uint32Array;
  /** 0 for each window that a filter leaves out; undefined: all are counted. */
  passes?: Uint8Array | undefined;
  /** 0 for a kept window. */
  reason: Uint8Array;
}

/** @returns undefined where no value is a number */
export function binsOf({ values, rows, passes, reason }: Binned, count: number): Bins | undefined {
  let [from, to] = [Infinity, -Infinity];
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (value < from) from = value;
    if (value > to) to = value;
  }
  if (!(from <= to)) return undefined;
  if (to - from < LEAST_SPREAD) to = from + (Math.abs(from) < LEAST_SPREAD ? 1 : Math.abs(from));
  const width = (to - from) / count;
  const [all, kept] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (passes && passes[row] === 0) continue;
    const bin = Math.min(count - 1, Math.floor((values[row]! - from) / width));
    all[bin]!++;
    if (reason[row] === 0) kept[bin]!++;
  }
  return { from, to, all, kept };
}
