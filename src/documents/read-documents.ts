// The list of documents of a run, part after part, in the order of the corpus.
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { dataError } from '../base/errors.js';
import { partName, type Ledger, type LedgerCheck } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import { DOCUMENT_COLUMNS } from './columns.js';
import { documentsLedger } from './documents-part.js';

/** A document, or rows that were refused. */
export interface ListedDocument {
  part: number;
  /** Empty where it was refused, as `domain` is. */
  docId: string;
  domain: string;
  source: string;
  /** 1-based; 0: the whole file. */
  row: number;
  /** Rows of the source that it stands for: more than 1 for a refused group. */
  rows: number;
  tokens: number;
  windows: number;
  /** Why it has no window; empty where it has one. */
  reason: string;
}

const NAMES = Object.keys(DOCUMENT_COLUMNS) as (keyof typeof DOCUMENT_COLUMNS)[];

/**
 * The windows of a run in its order are those of these documents, one document after the other.
 * @throws LongattnError PART_MISSING, PART_CHANGED, ROWS_MISSING; the signal's reason
 */
export async function* readDocuments(
  { windows, parts }: { windows: Ledger; parts: number },
  { check, signal }: { check?: LedgerCheck | undefined; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ListedDocument, void, undefined> {
  const ledger = documentsLedger(windows);
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const records = await requireVerified(ledger, names, check, signal);
  for (const [part, name] of names.entries()) {
    await using file = await ArrowFile.open(ledger.file(name), DOCUMENT_COLUMNS, ledger.fs);
    let [seen, cut] = [0, 0];
    for await (const { columns, rows: count } of file.batches(NAMES)) {
      signal?.throwIfAborted();
      const { doc_id, domain, source, row, rows, tokens, windows, reason } = columns;
      for (let i = 0; i < count; i++) {
        cut += windows[i]!;
        yield {
          ...{ part, docId: doc_id.get(i), domain: domain.get(i), source: source.get(i), row: row[i]! },
          ...{ rows: rows[i]!, tokens: tokens[i]!, windows: windows[i]!, reason: reason.get(i) },
        };
      }
      seen += count;
    }
    requireRows(file.path, seen, records[part]!.rows);
    const { rows: windowRows } = await windows.require(name, 'size');
    if (cut !== windowRows) {
      throw dataError(
        'ROWS_MISSING',
        `${file.path} names ${cut} windows; ${windows.file(name)} has ${windowRows}. Remove the folder of the first: it is made again.`,
      );
    }
  }
}
