// What the files beside a token file are made from.
import type { Written } from '../../../io/file-sink.js';
import type { ExportFile, FormatContext } from '../format.js';

export const TOKENS_FILE = 'tokens.bin';

export interface TokenFile {
  folder: string;
  /** Of TOKENS_FILE. */
  ids: Written;
  /** ...in tokens of each document, the end token included. */
  lengths: readonly number[];
  bytesPerId: 2 | 4;
  context: FormatContext;
}

/** Writes the files of one reader; TOKENS_FILE and the provenance are there. */
export type Sidecar = (file: TokenFile) => Promise<Omit<ExportFile, 'rows'>[]>;
