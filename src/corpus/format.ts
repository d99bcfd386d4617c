// What every format of the corpus answers: the names of its files, how a file is cut into slices, and how a slice is read.
//
// A format is one file that exports a `Format`, and one row of FORMATS (formats.ts). What all slices share (path, size, name, domain)
// is added by cutInput, so that a format tells only its own places within a file.
import type { Document, Reject } from '../base/records.js';
import type { FieldOptions } from './row-document.js';

export type Compression = 'none' | 'gzip' | 'zstd';

/** A file of the corpus, as it is frozen in run.json. */
export interface InputFile {
  /** A path or an address, as the user named it; relative paths stay relative. */
  path: string;
  /** Unique within the run. */
  name: string;
  bytes: number;
  /** A name of FORMATS. */
  format: string;
  compression: Compression;
  domain?: string;
  /** Of a file of a server, when it was listed. Local files have none. */
  etag?: string;
}

/** What the slices of every format carry. Plain JSON, as all of a slice. */
export interface SliceFile {
  path: string;
  name: string;
  /** Of the whole file, when the run was planned. */
  bytes: number;
  domain?: string;
  /** Of a file of a server, when the run was planned. */
  etag?: string;
}

/** A slice as its format tells it, how many bytes of text it is worth (about), and its rows where they were counted. */
export interface FormatCut<Place> {
  place: Place;
  weight: number;
  rows: number;
}

/** How files are unpacked, for the plan and for reading. */
export interface UnpackOptions {
  /** Largest window of zstd data that is held in memory, in bytes. Default DEFAULT_ZSTD_WINDOW. */
  zstdWindow?: number | undefined;
}

export interface CutOptions extends UnpackOptions {
  /** Bytes of a slice, about. */
  target: number;
  /** Rows to take at most; Infinity for all. A row that is refused counts, so that the cut needs no parsing. */
  limit: number;
}

export type ReadOptions = FieldOptions & UnpackOptions;

/** What a reader has to say besides documents. */
export interface ReadHooks {
  onReject: (reject: Reject) => void;
  /** A row that is JSON only if `NaN` and `Infinity` are read as null. */
  onNonFinite?: () => void;
}

/** `Place` says where a slice lies in its file: plain JSON. */
export interface Format<Place extends object> {
  /** Ends of file names, without the point. */
  endings: readonly string[];
  /** May the whole file be compressed (`.gz`, `.zst`)? */
  compressible: boolean;
  /** The file is the document: it has no rows, and so no fields, such as one for the domain. */
  isDocument: boolean;
  /** The ending of a file that lies beside each and is read with it. */
  companion?: string;
  /** For help and messages, where the endings do not say all. */
  note?: string;
  /** @throws BrokenInput where the file cannot be cut; LongattnError INPUT_UNREADABLE */
  cut(file: InputFile, options: CutOptions): AsyncIterable<FormatCut<Place>>;
  /** @throws BrokenInput where all of the slice is broken; LongattnError INPUT_UNREADABLE. Broken rows and groups go to `onReject`. */
  read(slice: SliceFile & Place, options: ReadOptions, hooks: ReadHooks): AsyncIterable<Document>;
}

/** Text is compressed about this much by gzip and zstd, and in Parquet files. */
export const COMPRESSION_RATIO = 3;
