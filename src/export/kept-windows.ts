// The rows of an export: the kept windows in the order of the corpus, joined from the windows, the selection and the source text.
//
// A part is walked twice, first without token ids to learn whose text is wanted: so the documents are read once, and no more than a
// batch of windows is in memory.
import { readWindows } from '../arrow/reader.js';
import type { Row } from '../arrow/rows.js';
import type { SelectionRow } from '../base/records.js';
import { partName, type Ledger, type LedgerCheck } from '../run/ledger.js';
import { JoinedWindows } from '../selection/joined-windows.js';
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

/** Of the selection, for a kept window. */
type Scores = Pick<SelectionRow, 'ds' | 'du' | 'lds' | 'score' | 'rank'>;
type Selection = JoinedWindows<'selected' | keyof Scores>;

/** @throws LongattnError PART_MISSING, PART_CHANGED, ROWS_MISSING, SELECTION_STALE; CORPUS_CHANGED from `textOf` */
export async function* keptWindows(options: KeptWindowsOptions): AsyncGenerator<Row, void, undefined> {
  const { windows, parts, selectionPath } = options;
  const columns = ['selected', 'ds', 'du', 'lds', 'score', 'rank'] as const;
  await using selection: Selection = await JoinedWindows.open(selectionPath, windows, columns);
  for (let part = 0; part < parts; part++) {
    const { rows } = await windows.require(partName(part), options.check);
    const { chosen, requests } = await chooseRows(part, rows, selection, options);
    if (chosen.size > 0) yield* join(part, rows, chosen, requests, options);
  }
  await selection.end();
}

/** Row in the part -> its scores, for the kept ones; and the texts that they need. */
async function chooseRows(
  part: number,
  rows: number,
  selection: Selection,
  { signal }: KeptWindowsOptions,
): Promise<{ chosen: Map<number, Scores>; requests: TextRequest[] }> {
  const chosen = new Map<number, Scores>();
  const requests: TextRequest[] = [];
  for await (const { at, windowId, window, chosen: own } of selection.part(part, rows, CHARACTERS, signal)) {
    const { columns: of, row } = own;
    if (of.selected[row] !== 1) continue;
    chosen.set(at, { ds: of.ds[row]!, du: of.du[row]!, lds: of.lds[row]!, score: of.score[row]!, rank: of.rank[row]! });
    const [charStart, charEnd] = [window.columns.char_start[window.row]!, window.columns.char_end[window.row]!];
    // Windows of ready token ids have no text.
    if (charEnd > charStart) requests.push({ windowId, charStart, charEnd });
  }
  return { chosen, requests };
}

const CHARACTERS = ['char_start', 'char_end'] as const;

async function* join(
  part: number,
  rows: number,
  chosen: ReadonlyMap<number, Scores>,
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
        ...row,
      };
    }
    // Its last step: the check that the corpus is the same.
    await texts?.next();
  } finally {
    await texts?.return?.();
  }
}
