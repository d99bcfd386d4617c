// Parquet files: the columns that are needed, a row group at a time.
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { decompress } from 'fzstd';
import { LongattnError } from '../base/errors.js';
import type { Document, Reject } from '../base/records.js';
import type { OpenFile, StoredFile } from '../storage/storage.js';
import { openFile } from '../storage/storages.js';
import { BrokenInput, reading } from './broken-input.js';
import {
  COMPRESSION_RATIO,
  type CutOptions,
  type Format,
  type InputFile,
  type ReadHooks,
  type ReadOptions,
  type SliceFile,
} from './format.js';
import { verifyGroup } from './parquet-verify.js';
import { INVALID_UTF8, neededColumns, rowToDocument, type InputRow } from './row-document.js';
import { decodeUtf8 } from './utf8.js';

/** A row group with a page index is read in pieces of about this many bytes; one without it only as a whole. */
const PIECE_BYTES = 32 << 20;

/** The size of zstd data is known here: what its own header states may be damaged. */
const COMPRESSORS: Compressors = {
  ...compressors,
  ZSTD: (input, size) => decompress(input, new Uint8Array(size)),
};

interface RowGroup extends ParquetPlace {
  /** On disk, all columns. */
  bytes: number;
}

export interface ParquetPlace {
  /** Rows of the file, from 0; end exclusive. */
  rowStart: number;
  rowEnd: number;
}

type ParquetSlice = SliceFile & ParquetPlace;

export const parquetFormat: Format<ParquetPlace> = {
  endings: ['parquet'],
  compressible: false,
  isDocument: false,
  cut,
  read,
};

async function* cut(file: InputFile, { limit }: CutOptions): ReturnType<Format<ParquetPlace>['cut']> {
  for (const { rowStart, rowEnd: end, bytes } of await rowGroups(file)) {
    const rowEnd = Math.min(end, limit);
    if (rowEnd <= rowStart) continue;
    yield { place: { rowStart, rowEnd }, weight: bytes * COMPRESSION_RATIO, rows: rowEnd - rowStart };
  }
}

/** @throws BrokenInput when the file is no Parquet file or is cut; LongattnError INPUT_UNREADABLE */
async function rowGroups(file: StoredFile): Promise<RowGroup[]> {
  const metadata = await withFile(file, parquetMetadata);
  let rowStart = 0;
  return orBroken(file.path, async () =>
    metadata.row_groups.map((group) => {
      const rowEnd = rowStart + Number(group.num_rows);
      if (!(rowEnd >= rowStart)) throw new Error('a row group with a negative number of rows');
      const bytes = group.columns.reduce(
        (sum, column) => sum + Number(column.meta_data?.total_compressed_size ?? 0),
        0,
      );
      const range = { rowStart, rowEnd, bytes };
      rowStart = rowEnd;
      return range;
    }),
  );
}

async function* read(
  slice: ParquetSlice,
  fields: ReadOptions,
  { onReject }: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  const { path, name, domain } = slice;
  const metadata = await withFile(slice, parquetMetadata);
  const { available, ranges } = await orBroken(path, async () => ({
    available: parquetSchema(metadata).children.map((column) => column.element.name),
    ranges: [...pieces(metadata, slice)],
  }));
  const needed = neededColumns(available, fields, domain !== undefined);
  if ('reason' in needed) {
    onReject({
      file: path,
      ...group(slice.rowStart, slice.rowEnd, needed.reason),
    });
    return;
  }
  const verified = new Set<number>();
  for (const { groupIndex, rowStart, rowEnd } of ranges) {
    let rows: InputRow[];
    try {
      if (!verified.has(groupIndex)) {
        await withFile(slice, (handle) => verifyGroup(handle, metadata, groupIndex, needed.columns, COMPRESSORS));
        verified.add(groupIndex);
      }
      rows = await readRows(slice, metadata, needed.columns, rowStart, rowEnd);
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error;
      onReject({ file: path, ...group(rowStart, rowEnd, error.message) });
      continue;
    }
    for (let i = 0; i < rows.length; i++) {
      const place = { path, name, row: rowStart + i + 1, ...(domain !== undefined && { domain }) };
      const document = rowToDocument(rows[i]!, place, fields);
      if ('reason' in document) onReject({ file: path, line: place.row, reason: document.reason });
      else yield document;
    }
  }
}

/** All rows `[start, end)` in one reject. */
function group(start: number, end: number, reason: string): Omit<Reject, 'file'> {
  return { line: start + 1, reason: `rows ${start + 1} to ${end}: ${reason}`, whole: 'group', rows: end - start };
}

async function readRows(
  file: StoredFile,
  metadata: FileMetaData,
  columns: string[],
  rowStart: number,
  rowEnd: number,
): Promise<InputRow[]> {
  const rows = await withFile(file, (handle) =>
    parquetReadObjects({
      file: bufferOf(handle),
      metadata,
      columns,
      rowStart,
      rowEnd,
      compressors: COMPRESSORS,
      useOffsetIndex: true,
      parsers: { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && (decodeUtf8(bytes) ?? INVALID_UTF8) },
    }),
  );
  if (rows.length !== rowEnd - rowStart) throw new BrokenInput(`the Parquet data has ${rows.length} rows there`);
  return rows;
}

/** Row ranges to read one after the other. */
function* pieces(metadata: FileMetaData, slice: ParquetSlice): Generator<{ groupIndex: number } & ParquetPlace> {
  let groupStart = 0;
  for (const [groupIndex, group] of metadata.row_groups.entries()) {
    const groupRows = Number(group.num_rows);
    const start = Math.max(slice.rowStart, groupStart);
    const end = Math.min(slice.rowEnd, groupStart + groupRows);
    groupStart += groupRows;
    const hasPageIndex = group.columns.every((column) => column.offset_index_offset);
    const share = hasPageIndex ? PIECE_BYTES / Math.max(1, Number(group.total_byte_size)) : 1;
    const step = Math.max(1, Math.floor(groupRows * Math.min(1, share)));
    for (let at = start; at < end; at += step) yield { groupIndex, rowStart: at, rowEnd: Math.min(end, at + step) };
  }
}

function parquetMetadata(handle: OpenFile): Promise<FileMetaData> {
  return parquetMetadataAsync(bufferOf(handle), { geoparquet: false });
}

/** The file as hyparquet reads it. Places come from the file itself: they may lie outside of it. */
function bufferOf(handle: OpenFile): AsyncBuffer {
  return {
    byteLength: handle.bytes,
    async slice(start, end = handle.bytes) {
      if (!(start >= 0 && start <= end)) throw new Error(`bytes from ${start} to ${end}`);
      const length = Math.max(0, Math.min(end, handle.bytes) - start);
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, start);
      return bytesRead === length ? buffer.buffer : buffer.buffer.slice(0, bytesRead);
    },
  };
}

/** `work` on the open file, with faults as of `orBroken`. */
function withFile<T>(file: StoredFile, work: (handle: OpenFile) => Promise<T>): Promise<T> {
  return orBroken(file.path, async () => {
    const handle = await openFile(file);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  });
}

/** Faults of the file system or the server stop the run; everything else that the decoder throws is about the file's content. */
async function orBroken<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await reading(path, work);
  } catch (error) {
    if (error instanceof LongattnError) throw error;
    throw new BrokenInput(`the Parquet data is damaged or cut (${(error as Error).message})`, { cause: error });
  }
}
