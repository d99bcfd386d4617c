// Which columns of a score file a ranking needs: the bins are 97 % of a row, and the default score needs none of them.
import { cellOf, type ScoreBatch, type ScoreColumn } from '../arrow/reader.js';
import { STATISTIC_ROWS, STATISTICS, whenStored, type PerColumn, type Statistic } from '../base/statistics.js';
import type { LayerStatistics } from '../scores/layer-view.js';
import type { AttentionScore } from '../scores/score.js';

const BASE = ['window_id', 'domain', 'layer', 'length', 'k', 'ds', 'variance'] as const;
const BINS = STATISTIC_ROWS.flatMap(([name, { per }]) => (per === 'bin' ? [name] : []));
const ALWAYS = STATISTIC_ROWS.flatMap(([name]) => (whenStored(name) === undefined ? [name] : []));

type Read = Pick<ScoreBatch['columns'], (typeof BASE)[number]> & Partial<ScoreBatch['columns']>;
type Names = (typeof BASE)[number];

/** @param k as asked for; undefined for the scored one, whose DS and variance stand in columns of their own */
export function columnsForRanking(attention: readonly AttentionScore[], k: number | undefined): Names[] {
  const statistics = new Set<Statistic>(k === undefined ? [] : BINS);
  for (const { reads = ALWAYS } of attention) for (const name of reads) statistics.add(name);
  // The columns beyond the base are optional where they are used: so the type names the base alone.
  return [...new Set<ScoreColumn>([...BASE, ...[...statistics].map((name) => STATISTICS[name].column)])] as Names[];
}

/** A row of the columns that were read. A statistic that no score declared is not there. */
export function statisticsAt(columns: Read, row: number): LayerStatistics {
  const statistics: Record<string, unknown> = { length: columns.length[row]!, k: columns.k[row]! };
  for (const [name, { column }] of STATISTIC_ROWS) {
    const values = columns[column as keyof PerColumn];
    if (values) statistics[name] = cellOf(values, row);
  }
  return statistics as unknown as LayerStatistics;
}
