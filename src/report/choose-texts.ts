// Which windows a page holds the text of: of each domain the best, those at the cut, some that were dropped, and some of all.
//
// Samples go by a hash of the id, so that the same run gives the same page.
import { unitHashBytes } from '../base/random.js';
import { SmallestSample } from '../base/smallest.js';
import type { WindowTable } from '../selection/window-table.js';

const SEED = 20;
const KINDS = 4;

/**
 * @param rank 1 = best of its domain
 * @param kept 1 for a kept window
 * @param perDomain windows a domain, at most
 * @returns positions in the table, ascending
 */
export function chooseTexts(table: WindowTable, rank: Int32Array, kept: Uint8Array, perDomain: number): Uint32Array {
  const chosen: number[] = [];
  for (const windows of table.byDomain()) {
    const byRank = windows.toSorted((a, b) => rank[a]! - rank[b]!);
    const share = Math.ceil(perDomain / KINDS);
    const ofDomain = new Set<number>();
    const add = (few: Iterable<number>, most = share): void => {
      const limit = Math.min(perDomain, ofDomain.size + most);
      for (const window of few) if (ofDomain.size < limit) ofDomain.add(window);
    };
    add(byRank.filter((window) => kept[window] === 1));
    const cut = byRank.findLastIndex((window) => kept[window] === 1) + 1;
    add(nearest(byRank, cut));
    add(
      sample(
        table,
        windows.filter((window) => kept[window] === 0),
      ),
    );
    add(sample(table, windows), perDomain);
    // Where a kind had too few, the best fill up.
    add(byRank, perDomain);
    chosen.push(...ofDomain);
  }
  return Uint32Array.from(chosen).sort();

  function sample(from: WindowTable, windows: Uint32Array): number[] {
    const smallest = new SmallestSample<number>(perDomain);
    for (const window of windows) {
      const number = unitHashBytes(SEED, from.ids.bytes(window));
      smallest.offer(number, String(window).padStart(10, '0'), () => window);
    }
    return smallest.items();
  }
}

/** Windows by their distance from the cut, above and below in turn. */
function* nearest(byRank: Uint32Array, cut: number): Generator<number, void, undefined> {
  for (let step = 0; step < byRank.length; step++) {
    if (cut - 1 - step >= 0) yield byRank[cut - 1 - step]!;
    if (cut + step < byRank.length) yield byRank[cut + step]!;
  }
}
