// The bins of a histogram: all windows of a domain, and those that are kept. Of the page and of the terminal alike.

export interface Bin {
  x1: number;
  x2: number;
  all: number;
  kept: number;
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

/** Bins of equal width from the smallest to the largest value of the domain; none where no value is a number. */
export function binsOf({ values, rows, passes, reason }: Binned, count: number): Bin[] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low <= high)) return [];
  if (low === high) high = low + (Math.abs(low) || 1);
  const width = (high - low) / count;
  const bins = Array.from({ length: count }, (_, i) => ({
    ...{ x1: low + i * width, x2: low + (i + 1) * width, all: 0, kept: 0 },
  }));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (passes && passes[row] === 0) continue;
    const bin = bins[Math.min(count - 1, Math.floor((values[row]! - low) / width))]!;
    bin.all++;
    if (reason[row] === 0) bin.kept++;
  }
  return bins;
}
