// report.arrow: every number of a validation, one a row, to be sliced in any data tool.
import { ArrowWriter } from '../arrow/writer.js';
import type { Columns, Metadata } from '../arrow/schema.js';
import { writeAtomically } from '../io/atomic-file.js';
import type { Candidate } from './candidate.js';
import type { Cell } from './cells.js';

/** -1 stands for "does not apply": no layer, the mean of all heads (or no heads), any k. */
export const REPORT_COLUMNS = {
  metric: 'utf8',
  score: 'utf8',
  layer: 'int32',
  head: 'int32',
  k: 'int32',
  against: 'utf8',
  domain: 'utf8',
  pairs: 'int32',
  value: 'float64',
  low: 'float64',
  high: 'float64',
} as const satisfies Columns;

export type ReportRow = Record<keyof typeof REPORT_COLUMNS, string | number>;

export function* reportRows(candidate: Candidate, cells: readonly Cell[]): Generator<ReportRow> {
  const { score, layer = -1, heads = 'all', k = -1 } = candidate;
  for (const { metric, against, domain, pairs, interval } of cells) {
    yield { metric, score, layer, head: heads === 'all' ? -1 : heads[0]!, k, against, domain, pairs, ...interval };
  }
}

/** @returns number of rows */
export async function writeReportTable(
  path: string,
  rows: AsyncIterable<ReportRow>,
  metadata: Metadata,
): Promise<number> {
  let count = 0;
  await writeAtomically(path, async (sink) => {
    const writer = new ArrowWriter(sink, REPORT_COLUMNS, { metadata });
    for await (const row of rows) await writer.push(row);
    await writer.close();
    count = writer.rows;
  });
  return count;
}
