// Arrow files as a corpus: the columns that are needed, a record batch at a time.
//
// Each batch is read by its place in the file, with the schema and dictionaries before it, so that parts of one file can be read
// by different workers. Strings are decoded here, strictly: the library's own decoder patches invalid UTF-8.
import { open, type FileHandle } from 'node:fs/promises';
import {
  compressionRegistry,
  CompressionType,
  DataType,
  RecordBatchReader,
  type RecordBatch,
  type Vector,
} from 'apache-arrow';
import { decompress } from 'fzstd';
import type { Document, Reject } from '../records.js';
import type { MessageRange } from './arrow-messages.js';
import { BrokenInput, reading } from './broken-input.js';
import { INVALID_UTF8, neededColumns, rowToDocument, type FieldOptions, type Row } from './row-document.js';
import { decodeUtf8 } from './utf8.js';

export interface ArrowSlice {
  path: string;
  name: string;
  domain?: string;
  /** Schema and dictionaries, then the batches. */
  head: MessageRange[];
  batches: (MessageRange & { firstRow: number; rows: number })[];
}

/** @throws LongattnError INPUT_UNREADABLE; broken rows and batches go to `onReject` */
export async function* readArrow(
  slice: ArrowSlice,
  fields: FieldOptions,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  const { path, name, domain } = slice;
  const handle = await reading(path, () => open(path));
  try {
    const head = await reading(path, () => readRanges(handle, slice.head));
    for (const range of slice.batches) {
      const refuse = (reason: string): void => {
        const { firstRow, rows } = range;
        onReject({ file: path, line: firstRow + 1, reason: `rows ${firstRow + 1} to ${firstRow + rows}: ${reason}` });
      };
      let batch: RecordBatch;
      try {
        batch = decodeBatch(Buffer.concat([head, await reading(path, () => readRanges(handle, [range]))]), range.rows);
      } catch (error) {
        if (!(error instanceof BrokenInput)) throw error;
        refuse(error.message);
        continue;
      }
      const available = batch.schema.fields.map((field) => field.name);
      const needed = neededColumns(available, fields, domain !== undefined);
      if ('reason' in needed) {
        refuse(needed.reason);
        continue;
      }
      const columns = needed.columns.map((column) => [column, cellReader(batch.getChild(column)!)] as const);
      for (let i = 0; i < range.rows; i++) {
        const place = { path, name, row: range.firstRow + i + 1, ...(domain !== undefined && { domain }) };
        const document = readRow(columns, i, (row) => rowToDocument(row, place, fields));
        if ('reason' in document) onReject({ file: path, line: place.row, reason: document.reason });
        else yield document;
      }
    }
  } finally {
    await handle.close();
  }
}

type Cells = readonly (readonly [name: string, cell: (row: number) => unknown])[];

function readRow(
  columns: Cells,
  index: number,
  use: (row: Row) => Document | { reason: string },
): Document | { reason: string } {
  try {
    return use(Object.fromEntries(columns.map(([column, cell]) => [column, cell(index)])));
  } catch (error) {
    return { reason: `the Arrow data is damaged (${(error as Error).message})` };
  }
}

/** @param bytes schema, dictionaries and one record batch */
function decodeBatch(bytes: Buffer, rows: number): RecordBatch {
  if (!compressionRegistry.get(CompressionType.ZSTD)) {
    compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => decompress(data) });
  }
  let batch: RecordBatch | undefined;
  try {
    [batch] = [...RecordBatchReader.from(bytes)];
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('codec not found')) {
      throw new BrokenInput('the Arrow data is compressed with LZ4: write it uncompressed or with zstd', {
        cause: error,
      });
    }
    throw new BrokenInput(`the Arrow data is damaged (${message})`, { cause: error });
  }
  if (batch?.numRows !== rows) throw new BrokenInput('the Arrow data is damaged (a record batch is missing)');
  return batch;
}

/** The value of a row: strings strictly decoded, all else as the library gives it. */
function cellReader(column: Vector): (row: number) => unknown {
  const [data] = column.data;
  if (!data || !(DataType.isUtf8(data.type) || DataType.isLargeUtf8(data.type)))
    return (row) => column.get(row) as unknown;
  const { valueOffsets, values } = data as { valueOffsets: Int32Array | BigInt64Array; values: Uint8Array };
  return (row) => {
    if (!data.getValid(row)) return null;
    const [start, end] = [Number(valueOffsets[row]), Number(valueOffsets[row + 1])];
    if (!(start >= 0 && end >= start && end <= values.length)) throw new Error('a string lies outside of its buffer');
    return decodeUtf8(values.subarray(start, end)) ?? INVALID_UTF8;
  };
}

async function readRanges(handle: FileHandle, ranges: readonly MessageRange[]): Promise<Buffer> {
  const pieces = ranges.map(async ({ start, end }) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    if (bytesRead < end - start) throw new BrokenInput('the Arrow data is cut');
    return buffer;
  });
  return Buffer.concat(await Promise.all(pieces));
}
