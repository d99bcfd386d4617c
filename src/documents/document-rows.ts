// The rows of documents/ while a part is read: documents and refused rows come at different times, and leave in the order of the corpus.
import type { Document, Reject } from '../base/records.js';
import type { DOCUMENT_COLUMNS } from './columns.js';

export type DocumentRow = Record<keyof typeof DOCUMENT_COLUMNS, string | number>;

export const TOO_SHORT = 'shorter than a window';
const MAX_ROWS = 2 ** 31 - 1;

export class DocumentRows {
  readonly #rows: { file: number; row: DocumentRow }[] = [];
  readonly #files = new Map<string, number>();

  /** @param files of the part, in its order; one may stand there several times */
  constructor(files: Iterable<string>) {
    for (const file of files) if (!this.#files.has(file)) this.#files.set(file, this.#files.size);
  }

  document({ docId, domain, source, row }: Document, tokens: number, windows: number): void {
    const reason = windows === 0 ? TOO_SHORT : '';
    this.#add({ doc_id: docId, domain, source, row, rows: 1, tokens, windows, reason });
  }

  /** A group stands for all its rows: how many it claims to have is not believed in memory, only in a number. */
  refused({ file, line, reason, whole, rows = 1 }: Reject): void {
    const lost = whole === 'group' ? Math.min(rows, MAX_ROWS) : 1;
    this.#add({ doc_id: '', domain: '', source: file, row: line, rows: lost, tokens: 0, windows: 0, reason });
  }

  inOrder(): DocumentRow[] {
    return this.#rows
      .sort((a, b) => a.file - b.file || (a.row.row as number) - (b.row.row as number))
      .map(({ row }) => row);
  }

  #add(row: DocumentRow): void {
    this.#rows.push({ file: this.#files.get(row.source as string) ?? this.#files.size, row });
  }
}
