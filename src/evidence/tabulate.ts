// Every number of a validation, row by row: all candidates, and each single head of each layer.
import type { OnProgress } from '../base/events.js';
import { headCandidates } from './enumerate.js';
import { everyCell } from './finding-of.js';
import { cellsOf, type Analysis } from './prepare-analysis.js';
import { reportRows, type ReportRow } from './report-table.js';

/** Single heads are by far the most rows. */
const HEAD_RESAMPLES = 200;

/** On all windows; hands the thread back between candidates so that a signal can be heard. */
export async function* tabulate(
  { input, options, cells, refused, candidates }: Analysis,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): AsyncGenerator<ReportRow> {
  const { table, layers } = input;
  const ofHeads = cellsOf(input, refused, table, HEAD_RESAMPLES);
  const total = candidates.length + layers.size;
  let completed = 0;
  const step = async (): Promise<void> => {
    onProgress?.({ type: 'progress', stage: 'evidence', unit: 'steps', completed: ++completed, total });
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  for (const candidate of candidates) {
    yield* reportRows(candidate, everyCell(cells.whole, candidate));
    await step();
  }
  for (const [layer, rows] of layers) {
    for (const candidate of headCandidates(layer, rows, options)) {
      yield* reportRows(candidate, everyCell(ofHeads, candidate));
    }
    await step();
  }
}
