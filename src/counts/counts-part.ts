// Write the counts of a part: by the windows stage while it has the windows in hand, or by one pass over the windows of an older run.
import path from 'node:path';
import { readWindows } from '../arrow/reader.js';
import type { OnProgress } from '../base/events.js';
import { hashJson } from '../io/canonical-json.js';
import { makeFolder } from '../io/make-folder.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { partName, type Ledger, type LedgerRecord } from '../run/ledger.js';
import { runParts } from '../run/run-parts.js';
import { COUNT_COLUMNS, countedDistances, COUNTS_VERSION, REPEATS } from './columns.js';
import { countRow, type CountRow } from './count-window.js';

/** The ledger of counts/ beside windows/: its parts belong to these windows and to this version of the counts. */
export function countsLedger(windows: Ledger): Ledger {
  return windows.beside('counts', hashJson({ windows: windows.specHash, counts: COUNTS_VERSION }));
}

/** @param window W, in tokens @throws LongattnError of the disk */
export async function writeCounts(
  windows: Ledger,
  part: number,
  window: number,
  rows: Iterable<CountRow> | AsyncIterable<CountRow>,
): Promise<LedgerRecord> {
  const ledger = countsLedger(windows);
  await makeFolder(path.dirname(ledger.file(partName(part))), ledger.fs);
  return writeArrowPart(ledger, partName(part), {
    columns: COUNT_COLUMNS,
    metadata: { window: `${window}`, k: countedDistances(window).join(), repeats: REPEATS.join() },
    rows,
  });
}

export interface EnsureCounts {
  windows: Ledger;
  /** All parts of the run. */
  parts: number;
  /** W, in tokens. */
  window: number;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * Count the parts of which there are no counts yet; nothing is read where all are there.
 * @throws LongattnError PART_MISSING, PART_CHANGED for windows that are not done; PARTS_FAILED and of the disk
 */
export async function ensureCounts({ windows, parts, window, signal, onProgress }: EnsureCounts): Promise<Ledger> {
  const ledger = countsLedger(windows);
  const missing: number[] = [];
  for (let part = 0; part < parts; part++) {
    if ((await ledger.inspect(partName(part), 'size')).status !== 'done') missing.push(part);
  }
  if (missing.length === 0) return ledger;
  await runParts({
    stage: 'counts',
    parts: missing,
    workers: 1,
    ledger,
    make: async (part) => {
      const { rows } = await windows.require(partName(part), 'size');
      return writeCounts(windows, part, window, counted(windows.file(partName(part)), rows, windows, signal));
    },
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return ledger;
}

async function* counted(file: string, rows: number, { fs }: Ledger, signal?: AbortSignal): AsyncGenerator<CountRow> {
  for await (const window of readWindows(file, { rows, fs })) {
    signal?.throwIfAborted();
    yield countRow(window);
  }
}
