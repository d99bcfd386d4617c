// Where the record batches of an Arrow file or stream lie: from its message headers, without reading the data.
//
// A stream is walked from header to header; one that ends without its end mark has been cut, which readers in general take for a
// shorter stream. The file format has a footer instead, and only the footer may be trusted (polars leaves gaps before it).
import { Message, MessageHeader, type Schema } from 'apache-arrow';
import { Footer } from 'apache-arrow/ipc/metadata/file';
import { guardFooter, guardMessage } from '../arrow/flatbuffer-guard.js';
import { BrokenInput, reading } from './broken-input.js';
import type { ByteRange, OpenFile, StoredFile } from '../storage/storage.js';
import { openFile } from '../storage/storages.js';

export interface BatchRange extends ByteRange {
  /** Rows of the file before the batch, and in it. */
  firstRow: number;
  rows: number;
  /** How many of `ArrowLayout.head` the batch needs. */
  heads: number;
}

export interface ArrowLayout {
  /** Where the file format keeps the schema; a stream has it in the first message of `head`. */
  footer?: ByteRange;
  /** Of a stream the schema, then dictionary batches. */
  head: ByteRange[];
  batches: BatchRange[];
}

const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
/** The continuation mark and a length of 0. */
const END_MARK_BYTES = 8;
/** Metadata that follows a continuation mark is padded. */
const ALIGNMENT = 8;
/** Metadata of one message: that of ten thousand columns has a few MiB. */
const MAX_METADATA_BYTES = 64 << 20;

/** @throws BrokenInput when the file is no Arrow file, or is damaged or cut; LongattnError INPUT_UNREADABLE */
export async function arrowLayout(file: StoredFile): Promise<ArrowLayout> {
  return reading(file.path, async () => {
    const handle = await openFile(file);
    try {
      const size = handle.bytes;
      const isFile = (await readRange(handle, 0, Math.min(6, size))).toString('latin1') === MAGIC;
      return await (isFile ? fileLayout(handle, size) : streamLayout(handle, size));
    } finally {
      await handle.close();
    }
  });
}

/** @throws BrokenInput when the file ends before `end` */
export async function readRange(handle: OpenFile, start: number, end: number): Promise<Buffer> {
  const length = end - start;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
  if (bytesRead < length) throw new BrokenInput('the Arrow data is cut: it ends without its end mark');
  return buffer;
}

export interface DecodedFooter {
  schema: Schema;
  /** Where the blocks start. */
  dictionaries: number[];
  batches: number[];
}

/** @throws BrokenInput */
export function decodeFooter(bytes: Buffer): DecodedFooter {
  try {
    guardFooter(bytes);
    const footer = Footer.decode(bytes);
    return {
      schema: footer.schema,
      dictionaries: Array.from(footer.dictionaryBatches(), (block) => block.offset),
      batches: Array.from(footer.recordBatches(), (block) => block.offset),
    };
  } catch (error) {
    throw new BrokenInput(`the Arrow file is damaged (its footer: ${(error as Error).message})`, { cause: error });
  }
}

async function streamLayout(handle: OpenFile, size: number): Promise<ArrowLayout> {
  const layout: ArrowLayout = { head: [], batches: [] };
  for (let start = 0, rows = 0; ;) {
    const message = await messageAt(handle, start, size);
    if (!message) {
      if (size - start > END_MARK_BYTES) throw new BrokenInput('the Arrow data is damaged (bytes after its end mark)');
      break;
    }
    const range = { start, end: message.end };
    if (message.type === MessageHeader.RecordBatch) {
      layout.batches.push({ ...range, firstRow: rows, rows: message.rows, heads: layout.head.length });
      rows += message.rows;
    } else {
      layout.head.push(range);
    }
    start = message.end;
  }
  if (layout.head.length === 0) throw new BrokenInput('the file is neither an Arrow file nor an Arrow stream');
  return layout;
}

/** The file ends with the footer, its length in 4 bytes, and the magic word. */
async function fileLayout(handle: OpenFile, size: number): Promise<ArrowLayout> {
  const tail = size < 18 ? Buffer.alloc(10) : await readRange(handle, size - 10, size);
  if (tail.toString('latin1', 4) !== MAGIC) throw new BrokenInput('the Arrow file is cut: its footer is missing');
  const footer = { start: size - 10 - tail.readUInt32LE(0), end: size - 10 };
  if (footer.start < 8) throw new BrokenInput('the Arrow file is damaged (its footer)');
  const decoded = decodeFooter(await readRange(handle, footer.start, footer.end));
  const layout: ArrowLayout = { footer, head: [], batches: [] };
  for (const offset of decoded.dictionaries) {
    layout.head.push({ start: offset, end: (await blockAt(handle, offset, size, MessageHeader.DictionaryBatch)).end });
  }
  let rows = 0;
  for (const offset of decoded.batches) {
    const block = await blockAt(handle, offset, size, MessageHeader.RecordBatch);
    const heads = layout.head.length;
    layout.batches.push({ start: offset, end: block.end, firstRow: rows, rows: block.rows, heads });
    rows += block.rows;
  }
  return layout;
}

async function blockAt(
  handle: OpenFile,
  offset: number,
  size: number,
  type: MessageHeader,
): Promise<{ end: number; rows: number }> {
  const message = offset >= 8 && offset < size ? await messageAt(handle, offset, size) : undefined;
  if (message?.type !== type) throw new BrokenInput('the Arrow file is damaged (its footer points nowhere)');
  return message;
}

/** @returns undefined at the end mark of a stream */
async function messageAt(
  handle: OpenFile,
  start: number,
  size: number,
): Promise<{ end: number; type: MessageHeader; rows: number } | undefined> {
  let at = start;
  const length = async (): Promise<number> => (await readRange(handle, at, (at += 4))).readUInt32LE(0);
  let metadataBytes = await length();
  const prefixed = metadataBytes === CONTINUATION;
  // Streams from before Arrow 0.15 have no continuation mark.
  if (prefixed) metadataBytes = await length();
  if (metadataBytes === 0) return undefined;
  if (metadataBytes > Math.min(MAX_METADATA_BYTES, size - at)) {
    throw new BrokenInput('the file is not Arrow data, or it is cut');
  }
  if (prefixed && metadataBytes % ALIGNMENT !== 0) throw new BrokenInput('the Arrow data is damaged (an odd length)');
  const { type, bodyBytes, rows } = decodeMessage(await readRange(handle, at, at + metadataBytes));
  const end = at + metadataBytes + bodyBytes;
  if (end > size) throw new BrokenInput('the Arrow data is cut');
  return { end, type, rows };
}

function decodeMessage(bytes: Buffer): { type: MessageHeader; bodyBytes: number; rows: number } {
  try {
    guardMessage(bytes);
    const message = Message.decode(bytes);
    const bodyBytes = Number(message.bodyLength);
    const rows = message.isRecordBatch() ? Number(message.header().length) : 0;
    const isSane = [bodyBytes, rows].every((count) => Number.isSafeInteger(count) && count >= 0);
    if (!isSane) throw new Error('a length out of range');
    return { type: message.headerType, bodyBytes, rows };
  } catch (error) {
    throw new BrokenInput(`the Arrow data is damaged (${(error as Error).message})`, { cause: error });
  }
}
