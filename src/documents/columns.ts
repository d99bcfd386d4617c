// documents/part-NNNNN.arrow: a row a document of the corpus, in its order, those without a window and the refused ones too.
//
// A table of its own beside windows/, as counts/ is: so the bytes of windows/ are what they were, and a run from before gets the same
// files by a pass over its corpus.
import type { Columns } from '../arrow/schema.js';

/** Raised when a cell of the table would be another one. */
export const DOCUMENTS_VERSION = 1;

export const DOCUMENT_COLUMNS = {
  /** Empty where the row was refused, as `domain` is. */
  doc_id: 'utf8',
  domain: 'utf8',
  source: 'utf8',
  /** 1-based; 0: the whole file. */
  row: 'int32',
  /** Rows of the source that this one stands for: 1, or all of a group that was refused. */
  rows: 'int32',
  tokens: 'int32',
  windows: 'int32',
  /** Why there is no window; empty where there is one. */
  reason: 'utf8',
} as const satisfies Columns;
