// What a format of an export is: how rows become files, and how a person opens them. One row of FORMATS (index.ts) each.
import type { Field } from 'apache-arrow';
import type { Metadata, TableColumns } from '../../arrow/schema.js';
import type { Row } from '../../arrow/rows.js';
import type { LongattnError } from '../../base/errors.js';
import type { Written } from '../../io/file-sink.js';
import type { FileSystem } from '../../io/file-system.js';
import type { TokenReader } from '../../options/export-formats.js';

export interface ExportFile extends Written {
  /** Path below the folder of the export, with "/". */
  name: string;
  /** Windows that the file holds; 0 for an index. */
  rows: number;
}

/** What a user may ask of a format. */
export interface FormatSettings {
  /** Name of the column of token ids. Default: what most readers of the format expect. */
  idsColumn?: string | undefined;
  /** Columns of a table, in this order. Default: all but `labels` and `attention_mask`. */
  columns?: readonly string[] | undefined;
  /** Columns of the corpus that go through, or `all`. Default: none. */
  keepColumns?: readonly string[] | undefined;
  /** Of `tokens`: whose files lie beside the ids. Default: all. */
  for?: readonly TokenReader[] | undefined;
  /** Of `tokens`: bytes of an id. Default uint32. */
  idsType?: 'uint32' | 'uint16' | undefined;
  /** Of `tokens` and `mds`: an id that is written behind each window. Default: none. */
  eos?: number | undefined;
}

export interface FormatContext {
  /** Empty at the start; the caller puts it in place when all is written. */
  folder: string;
  /** Of a table: what is written, in order. */
  columns: TableColumns;
  /** Columns of the corpus, which a row has as Values: in `columns` of a table, in the provenance of other formats. */
  kept: readonly Field[];
  metadata: Metadata;
  settings: FormatSettings;
  /** A file ends with the row that reaches this. */
  shardBytes: number;
  /** Names the content: caches of readers go by it. */
  fingerprint: string;
  /** Name of the tokenizer, for indexes that keep one. */
  tokenizer: string;
  fs: FileSystem;
}

export interface ExportFormatRow {
  /** Usual name of the column of ids; undefined where a format is no table. */
  idsColumn?: string;
  /** As users of the format split by default. */
  shardBytes: number;
  /** Of the settings of token files, those that it takes. Default: none. */
  ofTokens?: readonly ('for' | 'idsType' | 'eos')[];
  /** Why it cannot be written on this machine; undefined where it can. Default: it can. */
  unavailable?(): LongattnError | undefined;
  /** Why a column of the corpus cannot go through; undefined where it can. Default: it can. */
  refuses?(field: Field): string | undefined;
  /** Lines of Python for the card; PATH is the folder. */
  open: string;
  /** For the head of the card: which files `load_dataset` of the folder, and the viewer of the Hub, take for its rows. */
  rows: string;
  /**
   * All files of the data, whole and synced.
   * @param rows as `keptWindows` gives them; read once, in order
   * @throws LongattnError of the disk, and those of the format
   */
  write(rows: AsyncIterable<Row>, context: FormatContext): Promise<ExportFile[]>;
}
