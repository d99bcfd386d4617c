// Which windows are nearly the same text: they must not lie on both halves, or a choice is tested on what it was made from.
//
// Two windows are near-duplicates where at least three tenths of the 16-grams of either stand in the other: text that a person wrote
// twice shares hardly any. Of runs of 16 tokens chance makes none.
import { ngramNames } from '../scores/counts/ngram-names.js';

const N = 16;
const SHARED = 0.3;

/**
 * @param windows token ids, each of the same domain
 * @returns a number a window; equal for windows that are near-duplicates, or are so by way of others
 */
export function nearDuplicates(windows: readonly Int32Array[]): Int32Array {
  const sets = gramSets(windows);
  const parent = Int32Array.from(windows, (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!;
    return i;
  };
  /** Windows that hold a 16-gram, the first of them enough to find the others by. */
  const holders = new Map<number, number[]>();
  sets.forEach((set, window) => {
    const shared = new Map<number, number>();
    for (const gram of set) {
      const before = holders.get(gram);
      for (const other of before ?? []) shared.set(other, (shared.get(other) ?? 0) + 1);
      if (before) before.push(window);
      else holders.set(gram, [window]);
    }
    for (const [other, count] of shared) {
      if (count >= SHARED * Math.min(set.size, sets[other]!.size)) parent[root(window)] = root(other);
    }
  });
  return Int32Array.from(windows, (_, i) => root(i));
}

/** The names of the 16-grams of each window, one naming for all of them. */
function gramSets(windows: readonly Int32Array[]): Set<number>[] {
  const starts = [0];
  // A token that is nowhere parts two windows, and so does its number: no 16-gram over a border is like another.
  for (const ids of windows) starts.push(starts.at(-1)! + ids.length + 1);
  const joined = new Int32Array(starts.at(-1)!);
  windows.forEach((ids, i) => {
    joined.set(ids, starts[i]);
    joined[starts[i + 1]! - 1] = -1 - i;
  });
  const names = ngramNames(joined, N);
  return windows.map((ids, i) => new Set(names.subarray(starts[i], starts[i]! + Math.max(0, ids.length - N + 1))));
}
