// Reads the header of a .safetensors file: where each tensor lies. No tensor data is touched.
//
// Nothing in the header is believed before it has been checked against the file's size: a downloaded file may be truncated or
// malicious, and every offset from here becomes an address in a memory map. The rules are the format's own: 8 bytes of header
// length (little endian), a JSON object, then the data, in which the tensors lie one after the other without gap or overlap.
import { open } from 'node:fs/promises';
import { dataError, show, type LongattnError } from '../base/errors.js';
import { JsonError, parseStrictJson } from './strict-json.js';

/** The reference reader refuses longer headers too. The largest public checkpoints need about 1 MB a shard. */
export const MAX_HEADER_BYTES = 100_000_000;
/** No model has tensors of more dimensions; a longer list is an attempt to make the shape's product expensive. */
const MAX_RANK = 32;
const LENGTH_BYTES = 8;

/** Bits an element takes. Only F32, F16 and BF16 are ever used as weights; the others may lie beside them. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
};

/** Where one tensor lies. */
export interface TensorEntry {
  /** As in the file: F32, BF16, ... */
  dtype: string;
  /** Row-major. */
  shape: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  bytes: number;
}

export interface SafetensorsHeader {
  tensors: ReadonlyMap<string, TensorEntry>;
  metadata: ReadonlyMap<string, string>;
  /** First byte of the data: 8 + header length. */
  dataStart: number;
}

/**
 * Read the header of a local file: two reads, of 8 bytes and of the header.
 * @throws LongattnError SAFETENSORS_INVALID naming the file and what is wrong; MODEL_FILE_UNREADABLE
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw dataError('MODEL_FILE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`, error);
  }
  try {
    const fileBytes = (await file.stat()).size;
    const first = Buffer.alloc(LENGTH_BYTES);
    const { bytesRead } = await file.read(first, 0, LENGTH_BYTES, 0);
    const length = headerLength(first.subarray(0, bytesRead), fileBytes, path);
    const header = Buffer.alloc(length);
    const { bytesRead: got } = await file.read(header, 0, length, LENGTH_BYTES);
    if (got !== length) throw broken(path, `its header ends after ${got} of ${length} bytes`);
    return parseSafetensorsHeader(header, fileBytes, path);
  } finally {
    await file.close();
  }
}

/**
 * Header length from a file's first 8 bytes, checked against the file's size.
 * @param name the file's name, for errors
 */
export function headerLength(first: Uint8Array, fileBytes: number, name: string): number {
  if (first.byteLength < LENGTH_BYTES) {
    throw broken(name, `it has ${first.byteLength} bytes, too few for a header; it must have at least 10`);
  }
  const length = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw broken(name, `its header claims ${length} bytes, and at most ${MAX_HEADER_BYTES} are allowed`);
  }
  if (length + BigInt(LENGTH_BYTES) > BigInt(fileBytes)) {
    throw broken(name, `its header claims ${length} bytes, and the file has only ${fileBytes}: it is truncated`);
  }
  return Number(length);
}

/**
 * Parse a header.
 * @param json the header's bytes, without the 8 of its length
 * @param fileBytes size of the whole file; every range is checked against it
 * @param name the file's name, for errors
 * @throws LongattnError SAFETENSORS_INVALID
 */
export function parseSafetensorsHeader(json: Uint8Array, fileBytes: number, name: string): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + json.byteLength;
  const dataBytes = fileBytes - dataStart;
  const root = parseRoot(json, name);
  const tensors = new Map<string, TensorEntry>();
  let metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(root)) {
    if (key === '__metadata__') metadata = parseMetadata(value, name);
    else tensors.set(key, parseEntry(key, value, dataStart, dataBytes, name));
  }
  checkLayout(tensors, dataStart, fileBytes, name);
  return { tensors, metadata, dataStart };
}

function parseRoot(json: Uint8Array, name: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch (error) {
    throw broken(name, 'its header is not valid UTF-8', error);
  }
  if (!text.startsWith('{')) throw broken(name, 'its header does not start with {');
  try {
    return parseStrictJson(text) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof JsonError) throw broken(name, `its header is ${error.message}`, error);
    throw error;
  }
}

function parseMetadata(value: unknown, name: string): Map<string, string> {
  if (!isObject(value)) throw broken(name, `__metadata__ must be an object of strings, not ${show(value)}`);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw broken(name, `__metadata__.${key} must be a string, not ${show(item)}`);
  }
  return new Map(Object.entries(value as Record<string, string>));
}

function parseEntry(tensor: string, value: unknown, dataStart: number, dataBytes: number, name: string): TensorEntry {
  const where = `tensor ${show(tensor)}`;
  if (!isObject(value)) throw broken(name, `${where} must be an object, not ${show(value)}`);
  for (const key of Object.keys(value)) {
    if (!['dtype', 'shape', 'data_offsets'].includes(key))
      throw broken(name, `${where} has an unknown field ${show(key)}`);
  }
  const { dtype, shape, data_offsets: range } = value;
  const bits = typeof dtype === 'string' && Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined;
  if (bits === undefined) {
    throw broken(name, `${where} has dtype ${show(dtype)}; known are ${Object.keys(DTYPE_BITS).join(', ')}`);
  }
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) {
    throw broken(
      name,
      `${where} has shape ${show(shape)}; it must be a list of at most ${MAX_RANK} non-negative integers`,
    );
  }
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isSize)) {
    throw broken(name, `${where} has data_offsets ${show(range)}; they must be two non-negative integers`);
  }
  const [begin, end] = range as [number, number];
  if (begin > end || end > dataBytes) {
    throw broken(name, `${where} lies at bytes ${begin} to ${end}, and the data has ${dataBytes} bytes`);
  }
  const sizes: number[] = shape;
  const needed = (elementCount(sizes) * BigInt(bits)) / 8n;
  if ((elementCount(sizes) * BigInt(bits)) % 8n !== 0n || needed !== BigInt(end - begin)) {
    throw broken(
      name,
      `${where} of shape [${sizes.join(', ')}] and dtype ${String(dtype)} needs ${needed} bytes, not ${end - begin}`,
    );
  }
  return { dtype: dtype as string, shape: sizes, offset: dataStart + begin, bytes: end - begin };
}

/** Tensors lie back to back from the data's first byte to the file's last: no overlap, no gap, nothing left over. */
function checkLayout(tensors: Map<string, TensorEntry>, dataStart: number, fileBytes: number, name: string): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes);
  let end = dataStart;
  let before = 'the header';
  for (const [tensor, entry] of sorted) {
    if (entry.offset < end) throw broken(name, `tensor ${show(tensor)} overlaps ${before}`);
    if (entry.offset > end)
      throw broken(name, `there is a gap of ${entry.offset - end} bytes before tensor ${show(tensor)}`);
    end = entry.offset + entry.bytes;
    before = `tensor ${show(tensor)}`;
  }
  if (end !== fileBytes) {
    throw broken(name, `it has ${fileBytes} bytes, and the header accounts for ${end}`);
  }
}

function elementCount(shape: readonly number[]): bigint {
  return shape.reduce((product, size) => product * BigInt(size), 1n);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(name: string, what: string, cause?: unknown): LongattnError {
  return dataError(
    'SAFETENSORS_INVALID',
    `${name} is not a usable safetensors file: ${what}. Download or save it again.`,
    cause,
  );
}
