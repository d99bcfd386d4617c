// The plain records that flow between the stages. Stages know these and nothing of each other.
import type { Statistics } from './statistics.js';

/** One document of the corpus: text, or token ids that are already there. */
export interface Document {
  /** Unique within a run: `<file name>:<row>`, or the name alone for a text file (docs/corpus.md). Window ids start with it. */
  key: string;
  /** The user's id, else `key`. Not necessarily unique: users' ids repeat. */
  docId: string;
  domain: string;
  /** The file (as the user named it, relative paths kept) that the document came from. */
  source: string;
  /** 1-based line or row in `source`, 0 for a text file. */
  row: number;
  /** Present unless there are ids. */
  text?: string;
  /** Present only when the corpus is read by `--ids-field`, or has ids and no text. */
  ids?: Int32Array;
  /** Nobody named the field of the ids: it was found where there is no text. */
  idsFound?: true;
}

/** What was refused: a row, or all at once a group of rows (a Parquet row group, an Arrow batch) or a file. */
export interface Reject {
  file: string;
  /** 1-based (row number for Parquet and Arrow; the first of a group), 0 when the whole file was refused. */
  line: number;
  reason: string;
  /** Absent for a single row, and for a text file, which is one document. */
  whole?: 'group' | 'file';
  /** With `whole`: rows that are lost, where a footer or a count tells them, if only about. */
  rows?: number;
}

/** A window of W tokens, cut once from the ids of a document, never decoded and re-encoded. */
export interface Window {
  /** `${key of the document}:${tokenStart}`: unique within a run even where users' ids repeat; ties in ranking are broken by it. */
  windowId: string;
  docId: string;
  domain: string;
  source: string;
  /** First character and one past the last, in Unicode code points of the document's text (Python's slicing). 0, 0 with ready ids. */
  charStart: number;
  charEnd: number;
  /** Index of the first token in the document's ids (template tokens such as BOS count). */
  tokenStart: number;
  tokenIds: Int32Array;
}

/** Statistics of one (window, layer), as src/base/statistics.ts lists them; bins are head-major [H x 32]. Units: docs/definitions.md. */
export interface ScoreRow extends Statistics {
  windowId: string;
  docId: string;
  domain: string;
  layer: number;
  length: number;
  k: number;
}

export interface SelectionRow {
  windowId: string;
  domain: string;
  ds: number;
  du: number;
  /** LDS of the paper, with the run's alpha and std, whatever ranked. */
  lds: number;
  /** What ranked. */
  score: number;
  /** 1 = best of the domain. */
  rank: number;
  selected: boolean;
  /** Why: `kept`, `below the cut`, `over the token budget`, ... */
  reason: string;
}
