// The rows of an export of whole documents: a row a document, put together from its windows.
//
// Algorithm 1 leaves no token of a document out, and its windows overlap only where the middle is short: so the ids are the windows in the
// order of the text, each without what the one before it had, and exactly the ids that were cut. The text is one substring.
import { readWindows } from '../arrow/reader.js';
import type { Row } from '../arrow/rows.js';
import { dataError, show } from '../base/errors.js';
import type { Window } from '../base/records.js';
import { documentOf, makeWindowId } from '../base/window-id.js';
import { partName } from '../run/ledger.js';
import { JoinedWindows } from '../selection/joined-windows.js';
import type { TextRequest } from '../windows/document-text.js';
import type { KeptWindowsOptions } from './kept-windows.js';

/** Of the selection, for the windows of a kept document, in the order of the run. */
interface KeptDocument {
  key: string;
  /** Row of its first window in the part. */
  at: number;
  windows: number;
  sums: { ds: number; du: number; lds: number };
  score: number;
  rank: number;
  request: TextRequest;
}

const COLUMNS = ['selected', 'ds', 'du', 'lds', 'score', 'rank'] as const;
type Selection = JoinedWindows<(typeof COLUMNS)[number]>;

/**
 * Of a selection of documents: all windows of each are kept, or none.
 * @throws LongattnError PART_MISSING, PART_CHANGED, ROWS_MISSING, SELECTION_STALE; CORPUS_CHANGED from `textOf`
 */
export async function* keptDocuments(options: KeptWindowsOptions): AsyncGenerator<Row, void, undefined> {
  const { windows, parts, selectionPath } = options;
  await using selection: Selection = await JoinedWindows.open(selectionPath, windows, COLUMNS);
  for (let part = 0; part < parts; part++) {
    const { rows } = await windows.require(partName(part), options.check);
    const documents = await chooseDocuments(part, rows, selection, options);
    if (documents.length > 0) yield* join(part, rows, documents, options);
  }
  await selection.end();
}

async function chooseDocuments(
  part: number,
  rows: number,
  selection: Selection,
  { signal }: KeptWindowsOptions,
): Promise<KeptDocument[]> {
  const documents: KeptDocument[] = [];
  const names = ['char_start', 'char_end'] as const;
  for await (const { at, windowId, window, chosen } of selection.part(part, rows, names, signal)) {
    const { columns: of, row } = chosen;
    if (of.selected[row] !== 1) continue;
    const key = documentOf(windowId);
    const [charStart, charEnd] = [window.columns.char_start[window.row]!, window.columns.char_end[window.row]!];
    let document = documents.at(-1);
    if (document?.key !== key) {
      const request = { windowId: makeWindowId(key, 0), charStart, charEnd };
      document = {
        key,
        at,
        windows: 0,
        sums: { ds: 0, du: 0, lds: 0 },
        score: of.score[row]!,
        rank: of.rank[row]!,
        request,
      };
      documents.push(document);
    }
    const { request, sums } = document;
    document.windows++;
    for (const name of ['ds', 'du', 'lds'] as const) sums[name] += of[name][row]!;
    request.charStart = Math.min(request.charStart, charStart);
    request.charEnd = Math.max(request.charEnd, charEnd);
  }
  return documents;
}

async function* join(
  part: number,
  rows: number,
  documents: readonly KeptDocument[],
  { windows, textOf, signal }: KeptWindowsOptions,
): AsyncGenerator<Row, void, undefined> {
  // Windows of ready token ids have no text.
  const requests = documents.flatMap(({ request }) => (request.charEnd > request.charStart ? [request] : []));
  const texts = requests.length > 0 ? textOf(part, requests, signal)[Symbol.asyncIterator]() : undefined;
  let [at, next] = [0, 0];
  let gathered: Window[] = [];
  try {
    for await (const window of readWindows(windows.file(partName(part)), { rows, fs: windows.fs })) {
      const document = documents[next];
      const own = document && at >= document.at && at < document.at + document.windows;
      at++;
      if (!own) continue;
      gathered.push(window);
      if (gathered.length < document.windows) continue;
      const { request, sums, score, rank } = document;
      const hasText = request.charEnd > request.charStart;
      const text = hasText ? await texts!.next() : { done: false, value: '' };
      if (text.done) throw new Error(`textOf gave fewer texts than the ${requests.length} documents of part ${part}`);
      yield {
        ...{ window_id: request.windowId, doc_id: window.docId, domain: window.domain, source: window.source },
        ...{ text: text.value, token_ids: joinedIds(gathered), token_start: 0 },
        ...{ char_start: request.charStart, char_end: request.charEnd },
        ...{ ds: sums.ds / document.windows, du: sums.du / document.windows, lds: sums.lds / document.windows },
        ...{ score, rank },
      };
      gathered = [];
      next++;
    }
    // Its last step: the check that the corpus is the same.
    await texts?.next();
  } finally {
    await texts?.return?.();
  }
}

/**
 * The ids of a document from all of its windows, in any order.
 * @throws LongattnError ROWS_MISSING where a stretch is in no window
 */
export function joinedIds(windows: readonly Pick<Window, 'windowId' | 'tokenStart' | 'tokenIds'>[]): Int32Array {
  const ordered = [...windows].sort((a, b) => a.tokenStart - b.tokenStart);
  const last = ordered.at(-1)!;
  const ids = new Int32Array(last.tokenStart + last.tokenIds.length);
  let end = 0;
  for (const { windowId, tokenStart, tokenIds } of ordered) {
    if (tokenStart > end) {
      throw dataError(
        'ROWS_MISSING',
        `The tokens ${end} to ${tokenStart} before window ${show(windowId)} are in no window. Make the windows again.`,
      );
    }
    ids.set(tokenIds, tokenStart);
    end = tokenStart + tokenIds.length;
  }
  return ids;
}
