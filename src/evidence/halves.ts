// Two halves of the real windows: what is chosen on the first is tested on the second. Cut between documents as far as possible,
// because windows of one document are alike; near-duplicates are never parted, whatever document they are of.
import { Random } from '../base/random.js';
import type { CaseTable } from './case-table.js';
import { documentOf, firstTokenOf } from '../base/window-id.js';

/** @returns ids of the real windows of each half; every domain is cut in the middle, as near as its near-duplicates allow */
export function halves(table: CaseTable, seed: number): [Set<string>, Set<string>] {
  const parts: [Set<string>, Set<string>] = [new Set(), new Set()];
  for (const domain of table.domains) {
    const byDocument = new Map<string, string[]>();
    const clusterOf = new Map<string, number>();
    for (const row of table.reals(domain)) {
      const { pair: id, cluster } = table.cases[row]!;
      clusterOf.set(id, cluster);
      const key = documentOf(id);
      byDocument.set(key, [...(byDocument.get(key) ?? []), id]);
    }
    const keys = new Random(seed, `halves ${domain}`).shuffled([...byDocument.keys()].sort());
    const ids = keys.flatMap((key) => byDocument.get(key)!.sort((a, b) => firstTokenOf(a) - firstTokenOf(b)));
    const sides = new Map<number, 0 | 1>();
    ids.forEach((id, i) => {
      const cluster = clusterOf.get(id)!;
      const side = sides.get(cluster) ?? (i < ids.length / 2 ? 0 : 1);
      sides.set(cluster, side);
      parts[side].add(id);
    });
  }
  return parts;
}
