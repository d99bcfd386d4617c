// Sets of byte ranges: sorted, disjoint, half open. What of a remote file is here already, and what is still to be asked for.

/** Bytes `start` to `end`, `end` not included. */
export type ByteRange = readonly [start: number, end: number];

/** The same bytes as a sorted list without overlap; ranges that are at most `gap` bytes apart become one, with what lies between. */
export function mergeRanges(ranges: readonly ByteRange[], gap = 0): ByteRange[] {
  const merged: [number, number][] = [];
  for (const [start, end] of ranges.filter(([a, b]) => a < b).sort((x, y) => x[0] - y[0])) {
    const last = merged.at(-1);
    if (last && start - last[1] <= gap) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Bytes of `wanted` that are not in `present`. */
export function subtractRanges(wanted: readonly ByteRange[], present: readonly ByteRange[]): ByteRange[] {
  const have = mergeRanges(present);
  const missing: ByteRange[] = [];
  for (const [start, end] of mergeRanges(wanted)) {
    let at = start;
    for (const [from, to] of have) {
      if (to <= at) continue;
      if (from >= end) break;
      if (from > at) missing.push([at, from]);
      at = to;
    }
    if (at < end) missing.push([at, end]);
  }
  return missing;
}

/** Ranges of at most `size` bytes that cover the same bytes. */
export function splitRanges(ranges: readonly ByteRange[], size: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (const [start, end] of ranges) {
    for (let at = start; at < end; at += size) pieces.push([at, Math.min(at + size, end)]);
  }
  return pieces;
}

/** Bytes in a list of disjoint ranges. */
export function countBytes(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, [start, end]) => sum + (end - start), 0);
}
