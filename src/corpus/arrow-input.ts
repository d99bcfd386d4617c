// Arrow files as a corpus: the columns that are needed, a record batch at a time.
//
// Each batch is read by its place in the file, with the schema and dictionaries before it, so that parts of one file can be read
// by different workers.
import { compressionRegistry, CompressionType, Message, RecordBatchReader, type RecordBatch } from 'apache-arrow';
import { decompress } from 'fzstd';
import type { Document } from '../base/records.js';
import type { OpenFile } from '../storage/storage.js';
import { openFile } from '../storage/storages.js';
import { cellsOf, type Cell } from './arrow-cells.js';
import { arrowLayout, decodeFooter, readRange, type ArrowLayout, type BatchRange } from './arrow-messages.js';
import { BrokenInput, reading } from './broken-input.js';
import type { CutOptions, Format, FormatCut, InputFile, ReadHooks, ReadOptions, SliceFile } from './format.js';
import { decompressLz4Frame } from './lz4-frame.js';
import { neededColumns, rowToDocument, type FieldOptions, type InputRow } from './row-document.js';

export interface ArrowPlace extends Pick<ArrowLayout, 'footer' | 'head'> {
  batches: (Omit<BatchRange, 'heads'> & {
    /** Take at most this many rows (for `--limit`). */
    take: number;
  })[];
}

type ArrowSlice = SliceFile & ArrowPlace;

export const arrowFormat: Format<ArrowPlace> = {
  endings: ['arrow', 'arrows', 'feather', 'ipc'],
  compressible: false,
  isDocument: false,
  cut,
  read,
};

async function* cut(file: InputFile, { target, limit }: CutOptions): ReturnType<Format<ArrowPlace>['cut']> {
  const { head, batches, footer } = await arrowLayout(file);
  let pending: FormatCut<ArrowPlace> | undefined;
  for (const { heads, ...batch } of batches) {
    const rows = Math.min(batch.rows, limit - batch.firstRow);
    if (rows <= 0) continue;
    const weight = batch.end - batch.start;
    // Batches that depend on the same dictionaries and fit together share a slice.
    if (pending?.place.head.length === heads && pending.weight + weight <= target) {
      pending.place.batches.push({ ...batch, take: rows });
      pending.weight += weight;
      pending.rows += rows;
      continue;
    }
    if (pending) yield pending;
    const place = { ...(footer && { footer }), head: head.slice(0, heads), batches: [{ ...batch, take: rows }] };
    pending = { place, weight, rows };
  }
  if (pending) yield pending;
}

async function* read(
  slice: ArrowSlice,
  fields: ReadOptions,
  { onReject }: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  const { path: file, name, domain } = slice;
  const handle = await reading(file, () => openFile(slice));
  try {
    const head = await reading(file, () => readHead(handle, slice));
    for (const { start, end, firstRow, rows, take } of slice.batches) {
      let row: (index: number) => InputRow;
      try {
        const bytes = Buffer.concat([head, await reading(file, () => readRange(handle, start, end))]);
        row = rowReader(decodeBatch(bytes, rows), fields, domain !== undefined);
      } catch (error) {
        if (!(error instanceof BrokenInput)) throw error;
        const reason = `rows ${firstRow + 1} to ${firstRow + rows}: ${error.message}`;
        onReject({ file, line: firstRow + 1, reason, whole: 'group', rows: take });
        continue;
      }
      for (let i = 0; i < take; i++) {
        const place = { path: file, name, row: firstRow + i + 1, ...(domain !== undefined && { domain }) };
        const document = damageAsReason(() => rowToDocument(row(i), place, fields));
        if ('reason' in document) onReject({ file, line: place.row, reason: document.reason });
        else yield document;
      }
    }
  } finally {
    await handle.close();
  }
}

/** @throws BrokenInput when the batch lacks the columns, or they are damaged */
function rowReader(batch: RecordBatch, fields: FieldOptions, hasDomain: boolean): (index: number) => InputRow {
  const available = batch.schema.fields.map((field) => field.name);
  const needed = neededColumns(available, fields, hasDomain);
  if ('reason' in needed) throw new BrokenInput(needed.reason);
  const columns = needed.columns.map((column): [string, Cell] => {
    const cells = damageAsReason(() => cellsOf(batch.getChild(column)!, batch.numRows));
    if ('reason' in cells) throw new BrokenInput(cells.reason);
    return [column, cells];
  });
  return (index) => Object.fromEntries(columns.map(([column, cell]) => [column, cell(index)]));
}

function damageAsReason<T>(work: () => T): T | { reason: string } {
  try {
    return work();
  } catch (error) {
    return { reason: `the Arrow data is damaged (${(error as Error).message})` };
  }
}

/** @param bytes schema, dictionaries and one record batch */
export function decodeBatch(bytes: Buffer, rows: number): RecordBatch {
  for (const [type, decode] of CODECS) {
    if (!compressionRegistry.get(type)) compressionRegistry.set(type, { decode: (data) => unpack(data, decode) });
  }
  let batch: RecordBatch | undefined;
  try {
    [batch] = [...RecordBatchReader.from(bytes)];
  } catch (error) {
    throw new BrokenInput(`the Arrow data is damaged (${(error as Error).message})`, { cause: error });
  }
  if (batch?.numRows !== rows) throw new BrokenInput('the Arrow data is damaged (a record batch is missing)');
  return batch;
}

const CODECS: [CompressionType, (data: Uint8Array, size: number) => Uint8Array][] = [
  [CompressionType.ZSTD, (data, size) => decompress(data, new Uint8Array(size))],
  [CompressionType.LZ4_FRAME, decompressLz4Frame],
];
/** No buffer of a record batch that could be decoded is larger. */
const MAX_BUFFER_BYTES = 2 ** 31 - 1;

/** The size of the data stands before it, where the library does not hand it out. The result starts at an offset of 0, as views of 8-byte values need. */
function unpack(data: Uint8Array, decode: (data: Uint8Array, size: number) => Uint8Array): Uint8Array {
  const size = Number(new DataView(data.buffer, data.byteOffset - 8, 8).getBigInt64(0, true));
  if (!(size >= 0 && size <= MAX_BUFFER_BYTES)) throw new Error(`a buffer of ${size} bytes`);
  const unpacked = decode(data, size);
  if (unpacked.length !== size) throw new Error(`a buffer has ${unpacked.length} bytes, not ${size}`);
  return unpacked.byteOffset === 0 ? unpacked : unpacked.slice();
}

/** Schema and dictionaries, as the beginning of a stream. */
export async function readHead(handle: OpenFile, slice: Pick<ArrowPlace, 'footer' | 'head'>): Promise<Buffer> {
  const messages = slice.head.map(({ start, end }) => readRange(handle, start, end));
  if (slice.footer) {
    const { schema } = decodeFooter(await readRange(handle, slice.footer.start, slice.footer.end));
    const encoded = damageAsReason(() => encodeMessage(Message.encode(Message.from(schema))));
    if ('reason' in encoded) throw new BrokenInput(encoded.reason);
    messages.unshift(Promise.resolve(encoded));
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
