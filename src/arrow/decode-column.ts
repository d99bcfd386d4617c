// One column of a batch, from the buffers that Arrow's batch header names. Everything that is later used as an index is checked
// here: lengths, nulls (no table of ours has any), and that offsets rise and stay inside their values.
import { isUtf8 } from 'node:buffer';
import { Type, type DataType, type FixedSizeList, type List } from 'apache-arrow';
import { bufferCount, nodeCount, type Region } from './flatbuffer.js';
import { describeType } from './schema.js';
import { ListColumn, TextColumn } from './columns.js';

interface Node {
  length: number;
  nullCount: number;
}

type Read = (region: Region) => Uint8Array<ArrayBuffer>;

/** @throws Error with the reason, when the buffers contradict each other */
export function decodeColumn(
  type: DataType,
  rows: number,
  nodes: readonly Node[],
  regions: readonly Region[],
  read: Read,
): unknown {
  if (nodes.some((node) => node.nullCount !== 0)) throw new Error('it has nulls where none are allowed');
  if (nodes.length !== nodeCount(type) || regions.length !== bufferCount(type))
    throw new Error('its header lacks buffers');
  if (nodes[0]!.length !== rows) throw new Error(`a column has ${nodes[0]!.length} rows in a batch of ${rows}`);
  const load = (index: number): Uint8Array<ArrayBuffer> => read(regions[index]!);
  switch (type.typeId) {
    case Type.Bool:
      return unpackBits(load(1), rows);
    case Type.Utf8: {
      const offsets = int32s(load(1), rows === 0 ? 0 : rows + 1);
      const bytes = load(2);
      requireTexts(offsets, bytes);
      return new TextColumn(offsets, bytes);
    }
    case Type.LargeUtf8: {
      const offsets = Float64Array.from(int64s(load(1), rows === 0 ? 0 : rows + 1), Number);
      const bytes = load(2);
      requireTexts(offsets, bytes);
      return new TextColumn(offsets, bytes);
    }
    case Type.List: {
      const offsets = int32s(load(1), rows === 0 ? 0 : rows + 1);
      const values = numbers((type as List).valueType as DataType, load(3), nodes[1]!.length);
      requireOffsets(offsets, values.length);
      return new ListColumn(values, offsets);
    }
    case Type.FixedSizeList: {
      const size = (type as FixedSizeList).listSize;
      return new ListColumn(numbers((type as FixedSizeList).valueType as DataType, load(2), rows * size), size);
    }
    default:
      return numbers(type, load(1), rows);
  }
}

type Numbers = Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function numbers(type: DataType, bytes: Uint8Array<ArrayBuffer>, length: number): Numbers {
  switch (describeType(type)) {
    case 'int32':
      return int32s(bytes, length);
    case 'float32':
      return over(Float32Array, bytes, length);
    case 'float64':
      return over(Float64Array, bytes, length);
    default:
      throw new Error(`a column of type ${describeType(type)} is not supported`);
  }
}

function int32s(bytes: Uint8Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  return over(Int32Array, bytes, length);
}

function int64s(bytes: Uint8Array<ArrayBuffer>, length: number): BigInt64Array<ArrayBuffer> {
  return over(BigInt64Array, bytes, length);
}

interface ArrayOver<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** A view of the bytes; a copy only where they are not aligned, as no file of ours has them. */
function over<T>(make: ArrayOver<T>, bytes: Uint8Array<ArrayBuffer>, length: number): T {
  const size = make.BYTES_PER_ELEMENT;
  checked(bytes, size * length);
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new make(buffer, byteOffset, length);
}

/** A buffer may be padded, never short. */
function checked(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (!(needed >= 0 && bytes.length >= needed))
    throw new Error(`a buffer has ${bytes.length} bytes where ${needed} are needed`);
  return bytes;
}

function unpackBits(bytes: Uint8Array<ArrayBuffer>, rows: number): Uint8Array {
  checked(bytes, Math.ceil(rows / 8));
  return Uint8Array.from({ length: rows }, (_, row) => (bytes[row >> 3]! >> (row & 7)) & 1);
}

function requireOffsets(offsets: Int32Array | Float64Array, end: number): void {
  for (let i = 0, before = 0; i < offsets.length; i++) {
    if (offsets[i]! < before) throw new Error('its offsets do not rise');
    before = offsets[i]!;
    if (before > end) throw new Error('its offsets lead outside the values');
  }
}

/** Every text by itself must be UTF-8: the whole is, and none begins in the middle of a character. */
function requireTexts(offsets: Int32Array | Float64Array, bytes: Uint8Array): void {
  requireOffsets(offsets, bytes.length);
  if (!isUtf8(bytes)) throw new Error('its text is not UTF-8');
  // By index: an iterator costs five times as much, and a run has millions of ids.
  for (let i = 0; i < offsets.length; i++) {
    if ((bytes[offsets[i]!]! & 0xc0) === 0x80) throw new Error('its offsets cut a character');
  }
}
