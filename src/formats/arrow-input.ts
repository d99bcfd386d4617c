// Arrow files as a corpus: the columns that are needed, a record batch at a time.
//
// Each batch is read by its place in the file, with the schema and dictionaries before it, so that parts of one file can be read
// by different workers. Strings are decoded here, strictly: the library's own decoder patches invalid UTF-8.
import { open, type FileHandle } from 'node:fs/promises';
import {
  Binary,
  BinaryView,
  compressionRegistry,
  CompressionType,
  DataType,
  LargeBinary,
  Message,
  RecordBatchReader,
  Vector,
  type Dictionary,
  type RecordBatch,
} from 'apache-arrow';
import { decompress } from 'fzstd';
import type { Document, Reject } from '../records.js';
import { decodeFooter, readRange, type ArrowLayout, type BatchRange } from './arrow-messages.js';
import { BrokenInput, reading } from './broken-input.js';
import { INVALID_UTF8, neededColumns, rowToDocument, type FieldOptions, type Row } from './row-document.js';
import { decodeUtf8 } from './utf8.js';

export interface ArrowSlice extends Pick<ArrowLayout, 'footer' | 'head'> {
  path: string;
  name: string;
  domain?: string;
  batches: (Omit<BatchRange, 'heads'> & {
    /** Take at most this many rows (for `--limit`). */
    take: number;
  })[];
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
    const head = await reading(path, () => readHead(handle, slice));
    for (const range of slice.batches) {
      const refuse = (reason: string): void => {
        const { firstRow, rows } = range;
        onReject({ file: path, line: firstRow + 1, reason: `rows ${firstRow + 1} to ${firstRow + rows}: ${reason}` });
      };
      let batch: RecordBatch;
      try {
        const body = await reading(path, () => readRange(handle, range.start, range.end));
        batch = decodeBatch(Buffer.concat([head, body]), range.rows);
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
      for (let i = 0; i < range.take; i++) {
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
  if (DataType.isDictionary(column.type)) {
    const values = cellReader(column.data[0]!.dictionary as Vector);
    const keys = new Vector(column.data.map((data) => data.clone((column.type as Dictionary).indices)));
    return (row) => {
      const key = keys.get(row) as number | bigint | null;
      return key === null ? null : values(Number(key));
    };
  }
  const bytesType = bytesOf(column.type as DataType);
  if (!bytesType) return (row) => column.get(row) as unknown;
  const bytes = new Vector(column.data.map((data) => data.clone(bytesType)));
  return (row) => {
    const value = bytes.get(row) as Uint8Array | null;
    return value && (decodeUtf8(value) ?? INVALID_UTF8);
  };
}

/** The type with the same buffers as a type of strings, and no decoding. */
function bytesOf(type: DataType): DataType | undefined {
  if (DataType.isUtf8(type)) return new Binary();
  if (DataType.isLargeUtf8(type)) return new LargeBinary();
  return DataType.isUtf8View(type) ? new BinaryView() : undefined;
}

/** Schema and dictionaries, as the beginning of a stream. */
async function readHead(handle: FileHandle, slice: ArrowSlice): Promise<Buffer> {
  const messages = slice.head.map(({ start, end }) => readRange(handle, start, end));
  if (slice.footer) {
    const { schema } = decodeFooter(await readRange(handle, slice.footer.start, slice.footer.end));
    messages.unshift(Promise.resolve(encodeMessage(Message.encode(Message.from(schema)))));
  }
  return Buffer.concat(await Promise.all(messages));
}

/** Continuation mark, length, metadata padded to 8 bytes. */
function encodeMessage(metadata: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(metadata.length / 8) * 8);
  bytes.writeInt32LE(-1, 0);
  bytes.writeInt32LE(bytes.length - 8, 4);
  bytes.set(metadata, 8);
  return bytes;
}
