// The two flatbuffers of an Arrow file of ours, its footer and its batch headers, read once src/arrow/flatbuffer-guard.ts let them pass.
import { Schema, Type, type DataType } from 'apache-arrow';
import { Footer as RawFooter } from 'apache-arrow/fb/footer';
import { Message as RawMessage } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { RecordBatch as RawBatch } from 'apache-arrow/fb/record-batch';
import { ByteBuffer } from 'flatbuffers';
import { guardFooter, guardMessage } from './flatbuffer-guard.js';
import { describeType, fieldType } from './schema.js';

export interface Block {
  offset: number;
  headerLength: number;
  bodyLength: number;
}

export interface Footer {
  schema: Schema;
  blocks: Block[];
}

/** @throws Error with the reason */
export function parseFooter(bytes: Uint8Array): Footer {
  guardFooter(bytes);
  const raw = RawFooter.getRootAsFooter(new ByteBuffer(bytes));
  const blocks = Array.from({ length: raw.recordBatchesLength() }, (_, index) => {
    const block = raw.recordBatches(index)!;
    return { offset: safe(block.offset()), headerLength: block.metaDataLength(), bodyLength: safe(block.bodyLength()) };
  });
  return { schema: Schema.decode(raw.schema()!), blocks };
}

export interface Region {
  offset: number;
  length: number;
}

export interface BatchHeader {
  rows: number;
  /** One a column and one a child of it: depth first. */
  nodes: { length: number; nullCount: number }[];
  buffers: Region[];
}

/** @param bytes the flatbuffer alone, without marker and length @throws Error with the reason */
export function parseBatchHeader(bytes: Uint8Array): BatchHeader {
  guardMessage(bytes);
  const message = RawMessage.getRootAsMessage(new ByteBuffer(bytes));
  const batch =
    message.headerType() === MessageHeader.RecordBatch ? (message.header(new RawBatch()) as RawBatch | null) : null;
  if (!batch) throw new Error('a batch has no batch header');
  if (batch.compression()) throw new Error('it is compressed (write it uncompressed)');
  const nodes = Array.from({ length: batch.nodesLength() }, (_, index) => {
    const node = batch.nodes(index)!;
    return { length: safe(node.length()), nullCount: safe(node.nullCount()) };
  });
  const buffers = Array.from({ length: batch.buffersLength() }, (_, index) => {
    const buffer = batch.buffers(index)!;
    return { offset: safe(buffer.offset()), length: safe(buffer.length()) };
  });
  return { rows: safe(batch.length()), nodes, buffers };
}

function safe(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`a length of ${value} is none`);
  return Number(value);
}

/** How many field nodes a column takes in the batch header: itself and its children. */
export function nodeCount(type: DataType): number {
  return 1 + childrenOf(type).reduce((sum, child) => sum + nodeCount(child), 0);
}

/** How many buffers a column takes in the batch header. */
export function bufferCount(type: DataType): number {
  return ownBuffers(type) + childrenOf(type).reduce((sum, child) => sum + bufferCount(child), 0);
}

function childrenOf(type: DataType): DataType[] {
  return (type.children ?? []).map(fieldType);
}

/** Validity first, then offsets, then data. */
function ownBuffers(type: DataType): number {
  switch (type.typeId) {
    case Type.Null:
      return 0;
    case Type.Struct:
    case Type.FixedSizeList:
      return 1;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return 3;
    case Type.Utf8View:
    case Type.BinaryView:
    case Type.Union:
      throw new Error(`a column of type ${describeType(type)} is not supported`);
    default:
      return 2; // numbers, times, lists, dictionary indices
  }
}
