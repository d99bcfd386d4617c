// The rows of an export: the kept windows in the order of the corpus, joined from the windows, the selection and the source text.
//
// Windows and selection have the same rows in the same order, so the join is a walk over both. A part is walked twice, first without
// token ids to learn whose text is wanted: so the documents are read once, and no more than a batch of windows is in memory.
import { ArrowFile } from '../arrow/file.js';
import { readSelection, readWindows, requireRows } from '../arrow/reader.js';
import type { Row } from '../arrow/rows.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { dataError, show } from '../base/errors.js';
import type { SelectionRow } from '../base/records.js';
import { partName, type Ledger, type LedgerCheck } from '../run/ledger.js';
import type { TextOf, TextRequest } from '../windows/document-text.js';

export interface KeptWindowsOptions {
  windows: Ledger;
  parts: number;
  /** Of selection.arrow. */
  selectionPath: string;
  textOf: TextOf;
  /** Default sha256: a changed part would give wrong token ids. */
  check?: LedgerCheck | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws LongattnError PART_MISSING, PART_CHANGED, ROWS_MISSING, SELECTION_STALE; CORPUS_CHANGED from `textOf` */
export async function* keptWindows(options: KeptWindowsOptions): AsyncGenerator<Row, void, undefined> {
  const { windows, parts, selectionPath } = options;
  const selection = readSelection(selectionPath, { fs: windows.fs });
  try {
    for (let part = 0; part < parts; part++) {
      const name = partName(part);
      const { rows } = await windows.require(name, options.check);
      const { chosen, requests } = await chooseRows(windows.file(name), rows, selection, options);
      if (chosen.size > 0) yield* join(part, rows, chosen, requests, options);
    }
    if (!(await selection.next()).done) throw stale(selectionPath);
  } finally {
    await selection.return(undefined);
  }
}

/** Row in the part -> its row of the selection, for the kept ones; and the texts that they need. */
async function chooseRows(
  file: string,
  rows: number,
  selection: AsyncIterator<SelectionRow>,
  { windows, selectionPath, signal }: KeptWindowsOptions,
): Promise<{ chosen: Map<number, SelectionRow>; requests: TextRequest[] }> {
  const chosen = new Map<number, SelectionRow>();
  const requests: TextRequest[] = [];
  await using opened = await ArrowFile.open(file, WINDOW_COLUMNS, windows.fs);
  let at = 0;
  for await (const { columns, rows: count } of opened.batches(['window_id', 'char_start', 'char_end'])) {
    signal?.throwIfAborted();
    for (let row = 0; row < count; row++, at++) {
      const next = await selection.next();
      const windowId = columns.window_id.get(row);
      if (next.done || next.value.windowId !== windowId) throw stale(selectionPath, windowId);
      if (!next.value.selected) continue;
      chosen.set(at, next.value);
      const [charStart, charEnd] = [columns.char_start[row]!, columns.char_end[row]!];
      // Windows of ready token ids have no text.
      if (charEnd > charStart) requests.push({ windowId, charStart, charEnd });
    }
  }
  requireRows(file, at, rows);
  return { chosen, requests };
}

async function* join(
  part: number,
  rows: number,
  chosen: ReadonlyMap<number, SelectionRow>,
  requests: readonly TextRequest[],
  { windows, textOf, signal }: KeptWindowsOptions,
): AsyncGenerator<Row, void, undefined> {
  const texts = requests.length > 0 ? textOf(part, requests, signal)[Symbol.asyncIterator]() : undefined;
  let at = 0;
  try {
    for await (const window of readWindows(windows.file(partName(part)), { rows, fs: windows.fs })) {
      const row = chosen.get(at++);
      if (!row) continue;
      const text = window.charEnd > window.charStart ? await texts!.next() : { done: false, value: '' };
      if (text.done) throw new Error(`textOf gave fewer texts than the ${requests.length} windows of part ${part}`);
      yield {
        window_id: window.windowId,
        doc_id: window.docId,
        domain: window.domain,
        source: window.source,
        text: text.value,
        token_ids: window.tokenIds,
        token_start: window.tokenStart,
        char_start: window.charStart,
        char_end: window.charEnd,
        ds: row.ds,
        du: row.du,
        lds: row.lds,
        score: row.score,
        rank: row.rank,
      };
    }
    // Its last step: the check that the corpus is the same.
    await texts?.next();
  } finally {
    await texts?.return?.();
  }
}

function stale(selectionPath: string, windowId?: string): Error {
  const where =
    windowId === undefined
      ? 'it has more rows than there are windows'
      : `its rows differ from the windows at ${show(windowId)}`;
  return dataError('SELECTION_STALE', `${selectionPath} does not belong to these windows: ${where}. Select again.`);
}
