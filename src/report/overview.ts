// The first picture of a page, counted when the page is made: it is drawn before any of the columns is read, and they are most of the page.
import { binsOf, PAGE_BINS } from './bins.js';
import type { PageColumn, PageOverview } from './page-data.js';

export interface Overviewed {
  table: { byDomain(): readonly Uint32Array[] };
  chosen: { score: Float64Array; reason: Uint8Array };
  columns: ReadonlyMap<string, Float64Array>;
  /** Those that are drawn besides the score. */
  shown: readonly PageColumn[];
}

export function overviewOf({ table, chosen, columns, shown }: Overviewed): PageOverview {
  const { score, reason } = chosen;
  const drawn = new Map([['score', score], ...shown.map(({ column }) => [column, columns.get(column)!] as const)]);
  const domains = table.byDomain().map((rows) => {
    const kept = rows.filter((row) => reason[row] === 0);
    const bins = [...drawn].flatMap(([column, values]) => {
      const own = binsOf({ values, rows, reason }, PAGE_BINS);
      return own ? [[column, own] as const] : [];
    });
    return {
      ...{ windows: rows.length, kept: kept.length },
      cut: kept.length === 0 ? null : kept.reduce((least, row) => Math.min(least, score[row]!), Infinity),
      bins: Object.fromEntries(bins),
    };
  });
  return { domains };
}
