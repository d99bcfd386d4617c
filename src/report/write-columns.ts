// The columns of a page: the numbers of all windows, and their ids in files that are loaded when they are shown.
import { documentOf } from '../base/window-id.js';
import type { WindowTable } from '../selection/window-table.js';
import type { Gathered } from './gather.js';
import type { PageFolder } from './page-folder.js';

/** Ids of a file. */
export const ID_ROWS = 1 << 16;

export async function writeColumns(page: PageFolder, { table, chosen, columns }: Gathered): Promise<void> {
  const { length } = table;
  for (const [name, values] of columns) await page.column(name, values.subarray(0, length));
  await page.column('score', chosen.score);
  await page.column('domain', table.domains.subarray(0, length));
  await page.column('document', table.documents.subarray(0, length));
  await page.column('start', table.starts.subarray(0, length));
  await page.column('rank', chosen.rank);
  await page.column('reason', chosen.reason);
  await page.column('order', orderOfIds(table));
  for (let first = 0; first < length; first += ID_ROWS) {
    const ids: string[] = [];
    let last = '';
    // Windows of a document share its key: only the first of them names it.
    for (let at = first; at < Math.min(length, first + ID_ROWS); at++) {
      const id = table.ids.get(at);
      const key = documentOf(id);
      ids.push(key === last ? id.slice(key.length) : id);
      last = key;
    }
    await page.json(`ids-${first / ID_ROWS}`, ids);
  }
}

/** The place of each window among all by its id: what ties are broken by, without the ids. */
function orderOfIds({ ids, length }: WindowTable): Uint32Array {
  const sorted = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => ids.compare(a, b));
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[sorted[i]!] = i;
  return order;
}
