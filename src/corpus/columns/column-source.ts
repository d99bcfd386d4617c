// How the columns of one file of the corpus are found and read, whatever its format: apart from the reader of text, so that what is
// refused there stays the same whether columns are kept or not.
import type { Field } from 'apache-arrow';
import type { Value } from '../../arrow/values.js';
import type { StoredFile } from '../../storage/storage.js';
import type { Compression, UnpackOptions } from '../format.js';

export interface ColumnFile extends StoredFile {
  compression: Compression;
}

/** Rows that are read together. Not before they are asked for: what holds no wanted row is passed over. */
export interface Stretch {
  /** 1-based, as in document keys. */
  first: number;
  rows: number;
  /** @returns the cells of a row of it, from 0, in the order of the names; null where there is no such column */
  load(): Promise<(row: number) => readonly Value[]>;
}

export interface ColumnSource {
  /** Columns of the file with their types as the file has them. @throws BrokenInput, LongattnError INPUT_UNREADABLE */
  fields(file: ColumnFile, options: UnpackOptions): Promise<readonly Field[]>;
  /** In the order of the file. */
  stretches(
    file: ColumnFile,
    fields: readonly Field[],
    options: UnpackOptions,
  ): AsyncGenerator<Stretch, void, undefined>;
}
