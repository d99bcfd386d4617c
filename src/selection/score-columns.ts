// Which columns of a score file a ranking needs: the bins are 97 % of a row, and the default score needs none of them.
import type { ScoreBatch, ScoreColumn } from '../arrow/reader.js';
import type { LayerStatistics } from '../scores/layer-view.js';
import type { AttentionScore, Statistic } from '../scores/score.js';

const COLUMNS: Record<Statistic, ScoreColumn> = {
  ds: 'ds',
  variance: 'variance',
  entropy: 'entropy',
  farPeak: 'far_peak',
  massBins: 'mass_bins',
  squareBins: 'square_bins',
  sinkMassBins: 'sink_mass_bins',
  sinkSquareBins: 'sink_square_bins',
  tokenDs: 'token_ds',
  loss: 'loss',
  nearLoss: 'near_loss',
};
const BASE = ['window_id', 'domain', 'layer', 'length', 'k', 'ds', 'variance'] as const;
const BINS: Statistic[] = ['massBins', 'squareBins', 'sinkMassBins', 'sinkSquareBins'];
/** What is stored only on request. */
const MORE: Statistic[] = ['tokenDs', 'loss', 'nearLoss'];
const ALWAYS = (Object.keys(COLUMNS) as Statistic[]).filter((name) => !MORE.includes(name));

type Read = Pick<ScoreBatch['columns'], (typeof BASE)[number]> & Partial<ScoreBatch['columns']>;
type Names = (typeof BASE)[number];

/** @param k as asked for; undefined for the scored one, whose DS and variance stand in columns of their own */
export function neededColumns(attention: readonly AttentionScore[], k: number | undefined): Names[] {
  const statistics = new Set<Statistic>(k === undefined ? [] : BINS);
  for (const { reads = ALWAYS, needsTokens, needsLosses } of attention) {
    for (const name of reads) statistics.add(name);
    if (needsTokens) statistics.add('tokenDs');
    if (needsLosses) statistics.add('loss').add('nearLoss');
  }
  // The columns beyond the base are optional where they are used: so the type names the base alone.
  return [...new Set<ScoreColumn>([...BASE, ...[...statistics].map((name) => COLUMNS[name])])] as Names[];
}

/** A row of the columns that were read. A statistic that no score declared is not there. */
export function statisticsAt(columns: Read, row: number): LayerStatistics {
  const statistics: Record<string, unknown> = { length: columns.length[row]!, k: columns.k[row]! };
  for (const name in COLUMNS) {
    const column = columns[COLUMNS[name as Statistic]];
    if (column)
      statistics[name] =
        column instanceof Float64Array ? column[row] : (column as ScoreBatch['columns']['ds']).get(row);
  }
  return statistics as LayerStatistics;
}
