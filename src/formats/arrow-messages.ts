// Where the record batches of an Arrow file lie: a walk over the message headers that reads no data.
//
// The file format is the stream format between two magic words, so one walk serves both. A stream that ends without its end mark
// has been cut: readers in general take it for a shorter one.
import { open, type FileHandle } from 'node:fs/promises';
import { Message, MessageHeader } from 'apache-arrow';
import { BrokenInput, reading } from './broken-input.js';

/** A message with its body, as bytes `[start, end)` of the file. */
export interface MessageRange {
  start: number;
  end: number;
}

export interface BatchRange extends MessageRange {
  /** Rows of the file before the batch, and in it. */
  firstRow: number;
  rows: number;
  /** How many of `ArrowLayout.head` stand before the batch. */
  heads: number;
}

export interface ArrowLayout {
  /** The schema and the dictionary batches, in order. */
  head: MessageRange[];
  batches: BatchRange[];
}

const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
/** Metadata of one message: a schema of some ten thousand columns has a few MiB. */
const MAX_METADATA_BYTES = 64 << 20;

/** @throws BrokenInput when the file is no Arrow file, or is damaged or cut; LongattnError INPUT_UNREADABLE */
export async function arrowLayout(path: string): Promise<ArrowLayout> {
  return reading(path, async () => {
    const handle = await open(path);
    try {
      return await walk(handle, (await handle.stat()).size);
    } finally {
      await handle.close();
    }
  });
}

async function walk(handle: FileHandle, size: number): Promise<ArrowLayout> {
  const isFile = (await readAt(handle, 0, Math.min(6, size))).toString('latin1') === MAGIC;
  if (isFile && (await readAt(handle, Math.max(8, size - 6), 6)).toString('latin1') !== MAGIC) {
    throw new BrokenInput('the Arrow file is cut: its footer is missing');
  }
  const layout: ArrowLayout = { head: [], batches: [] };
  let rows = 0;
  for (let start = isFile ? 8 : 0; ;) {
    const message = await messageAt(handle, start, size);
    if (!message) return checked(layout);
    const range = { start, end: message.end };
    if (message.type === MessageHeader.RecordBatch) {
      layout.batches.push({ ...range, firstRow: rows, rows: message.rows, heads: layout.head.length });
      rows += message.rows;
    } else {
      layout.head.push(range);
    }
    start = message.end;
  }
}

function checked(layout: ArrowLayout): ArrowLayout {
  if (layout.head.length === 0) throw new BrokenInput('the file is neither an Arrow file nor an Arrow stream');
  return layout;
}

/** @returns undefined at the end mark */
async function messageAt(
  handle: FileHandle,
  start: number,
  size: number,
): Promise<{ end: number; type: MessageHeader; rows: number } | undefined> {
  let at = start;
  let length = (await readAt(handle, at, 4)).readUInt32LE(0);
  at += 4;
  // Streams from before Arrow 0.15 have no continuation mark.
  if (length === CONTINUATION) {
    length = (await readAt(handle, at, 4)).readUInt32LE(0);
    at += 4;
  }
  if (length === 0) return undefined;
  if (length > MAX_METADATA_BYTES) throw new BrokenInput('the file is not an Arrow file, or is damaged');
  const bytes = await readAt(handle, at, length);
  const { type, bodyBytes, rows } = decodeMessage(bytes);
  const end = at + length + bodyBytes;
  if (end > size) throw new BrokenInput('the Arrow data is cut');
  return { end, type, rows };
}

function decodeMessage(bytes: Buffer): { type: MessageHeader; bodyBytes: number; rows: number } {
  let message: Message;
  let rows = 0;
  try {
    message = Message.decode(bytes);
    if (message.isRecordBatch()) rows = Number(message.header().length);
  } catch (error) {
    throw new BrokenInput('the Arrow data is damaged (a message header)', { cause: error });
  }
  const bodyBytes = Number(message.bodyLength);
  const isKnown = [MessageHeader.Schema, MessageHeader.DictionaryBatch, MessageHeader.RecordBatch].includes(
    message.headerType,
  );
  if (!isKnown || !Number.isSafeInteger(bodyBytes) || bodyBytes < 0 || !Number.isSafeInteger(rows) || rows < 0) {
    throw new BrokenInput('the Arrow data is damaged (a message header)');
  }
  return { type: message.headerType, bodyBytes, rows };
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new BrokenInput('the Arrow data is cut: it ends without its end mark');
  return buffer;
}
