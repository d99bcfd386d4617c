// Megatron-LM's indexed data set as a corpus of ready token ids: NAME.idx says where each document lies in NAME.bin beside it.
//
// Layout of the index, version 1 (megatron/core/datasets/indexed_dataset.py): magic, u64 version, u8 type, u64 sequences, u64 documents + 1,
// i32 lengths, i64 byte offsets, i64 first sequence of each document. A document is its sequences one after the other. The index is read
// in steps, so that memory does not grow with it.
import type { Document } from '../base/records.js';
import type { OpenFile } from '../storage/storage.js';
import { openFile, statFile } from '../storage/storages.js';
import { BrokenInput, inputChanged, reading, unreadable } from './broken-input.js';
import type { CutOptions, Format, FormatCut, InputFile, ReadHooks, ReadOptions, SliceFile } from './format.js';
import { checkIds } from './ids.js';
import { MAX_LINE_BYTES } from './lines.js';
import { domainOf } from './row-document.js';

/** Documents `first` (from 0) up to `end`. */
export interface MegatronPlace {
  first: number;
  end: number;
  /** Of the .bin, when the run was planned. */
  binBytes: number;
  /** Its tag, where it lies on a server. */
  binEtag?: string;
}

export const megatronFormat: Format<MegatronPlace> = {
  endings: ['idx'],
  compressible: false,
  isDocument: false,
  companion: 'bin',
  note: "Megatron's index, with its .bin beside it",
  cut,
  read,
};

const MAGIC = 'MMIDIDX\0\0';
const HEADER_BYTES = 34;
/** Documents of which the index is read at once. */
const STEP = 65_536;
/** A token is worth about so many bytes of text. */
const BYTES_OF_TEXT = 4;

type Ids = (bytes: ArrayBuffer) => ArrayLike<number | bigint>;
/** Megatron's numbers of the types that can be token ids. */
const TYPES: Record<number, { bytes: number; ids: Ids }> = {
  1: { bytes: 1, ids: (bytes) => new Uint8Array(bytes) },
  3: { bytes: 2, ids: (bytes) => new Int16Array(bytes) },
  4: { bytes: 4, ids: (bytes) => new Int32Array(bytes) },
  5: { bytes: 8, ids: (bytes) => new BigInt64Array(bytes) },
  8: { bytes: 2, ids: (bytes) => new Uint16Array(bytes) },
};

interface Index {
  type: (typeof TYPES)[number];
  sequences: number;
  documents: number;
}

async function* cut(file: InputFile, { target, limit }: CutOptions): ReturnType<Format<MegatronPlace>['cut']> {
  const index = await reading(file.path, () => openFile(file));
  try {
    const header = await readHeader(index, file);
    if (header.documents === 0) throw new BrokenInput('the index names no document');
    const bin = binOf(file.path);
    const ids = await reading(bin, () => statFile(bin));
    if (!ids) throw new BrokenInput(`its ids are not there: ${bin} is missing`);
    const binPlace = { binBytes: ids.bytes, ...(ids.etag !== undefined && { binEtag: ids.etag }) };
    const last = Math.min(header.documents, limit);
    let first = 0;
    let tokens = 0;
    for (let start = 0; start < last; start += STEP) {
      const { bounds, lengths } = await readDocuments(index, file, header, start, Math.min(start + STEP, last));
      for (let i = 0; i + 1 < bounds.length; i++) {
        const length = sum(lengths.subarray(bounds[i]! - bounds[0]!, bounds[i + 1]! - bounds[0]!));
        if (tokens > 0 && (tokens + length) * BYTES_OF_TEXT > target) {
          yield cutOf({ first, end: start + i, ...binPlace }, tokens);
          first = start + i;
          tokens = 0;
        }
        tokens += length;
      }
    }
    yield cutOf({ first, end: last, ...binPlace }, tokens);
  } finally {
    await index.close();
  }
}

function cutOf(place: MegatronPlace, tokens: number): FormatCut<MegatronPlace> {
  return { place, weight: tokens * BYTES_OF_TEXT, rows: place.end - place.first };
}

async function* read(
  slice: SliceFile & MegatronPlace,
  options: ReadOptions,
  { onReject }: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  const { path: source, name } = slice;
  const bin = binOf(source);
  const found = await reading(bin, () => statFile(bin));
  if (!found) throw unreadable(bin, 'it is gone');
  const { binBytes, binEtag } = slice;
  if (found.bytes !== binBytes || found.etag !== binEtag) {
    throw inputChanged({ bytes: binBytes, ...(binEtag !== undefined && { etag: binEtag }) }, found);
  }
  const index = await reading(source, () => openFile(slice));
  try {
    const ids = await reading(bin, () => openFile(found));
    try {
      const header = await readHeader(index, slice);
      for (let start = slice.first; start < slice.end; start += STEP) {
        const { bounds, lengths, offsets } = await readDocuments(
          index,
          slice,
          header,
          start,
          Math.min(start + STEP, slice.end),
        );
        for (let i = 0; i + 1 < bounds.length; i++) {
          const row = start + i + 1;
          const [from, to] = [bounds[i]! - bounds[0]!, bounds[i + 1]! - bounds[0]!];
          const tokens = await readIds(ids, bin, header, lengths.subarray(from, to), offsets.subarray(from, to));
          const domain = domainOf({}, slice, options);
          const key = `${name}:${row}`;
          if ('reason' in tokens) onReject({ file: source, line: row, reason: tokens.reason });
          else if (typeof domain !== 'string') onReject({ file: source, line: row, reason: domain.reason });
          else yield { key, docId: key, domain, source, row, ids: tokens };
        }
      }
    } finally {
      await ids.close();
    }
  } finally {
    await index.close();
  }
}

/** The ids of one document, or why they are refused. */
async function readIds(
  file: OpenFile,
  bin: string,
  { type }: Index,
  lengths: Int32Array,
  offsets: BigInt64Array,
): Promise<Int32Array | { reason: string }> {
  const bytes = sum(lengths) * type.bytes;
  if (bytes === 0) return { reason: 'the document has no token ids' };
  if (bytes > MAX_LINE_BYTES) return { reason: `the document has more than ${MAX_LINE_BYTES >> 20} MiB of token ids` };
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    const size = length * type.bytes;
    const offset = Number(offsets[i]);
    const { bytesRead } =
      offset >= 0 && Number.isSafeInteger(offset)
        ? await reading(bin, () => file.read(data, at, size, offset))
        : { bytesRead: -1 };
    if (bytesRead < size)
      return { reason: `its ids lie beyond the end of ${bin}, which was cut or belongs to another index` };
    at += size;
  }
  const ids = checkIds(type.ids(data.buffer));
  return ArrayBuffer.isView(ids) ? ids : { reason: `the list of ids ${ids.reason}` };
}

/** @throws BrokenInput where the file is no index whose size agrees with what it counts */
async function readHeader(index: OpenFile, { path: file, bytes }: Pick<InputFile, 'path' | 'bytes'>): Promise<Index> {
  if (bytes < HEADER_BYTES) throw new BrokenInput(`the index has ${bytes} bytes; its header alone has ${HEADER_BYTES}`);
  const header = Buffer.from(await readAt(index, file, 0, HEADER_BYTES));
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new BrokenInput("the file is no index of Megatron's");
  const version = header.readBigUInt64LE(9);
  if (version !== 1n) throw new BrokenInput(`the index has version ${version}; 1 is known`);
  const code = header.readUInt8(17);
  const type = TYPES[code];
  if (!type) {
    throw new BrokenInput(`the ids have type ${code}; known are ${Object.keys(TYPES).join(', ')} (whole numbers)`);
  }
  const [sequences, bounds] = [Number(header.readBigUInt64LE(18)), Number(header.readBigUInt64LE(26))];
  const expected = HEADER_BYTES + sequences * 12 + bounds * 8;
  if (expected !== bytes || bounds < 1) {
    throw new BrokenInput(
      `the index has ${bytes} bytes, not the ${expected} of ${sequences} sequences and ${bounds - 1} documents`,
    );
  }
  return { type, sequences, documents: bounds - 1 };
}

/**
 * @returns `bounds`: the first sequence of each document and, last, the end; lengths and offsets of the sequences in between
 * @throws BrokenInput where they do not follow each other, or are not there
 */
async function readDocuments(
  index: OpenFile,
  { path: file }: Pick<InputFile, 'path'>,
  { sequences, documents }: Index,
  first: number,
  end: number,
): Promise<{ bounds: number[]; lengths: Int32Array; offsets: BigInt64Array }> {
  if (end > documents) throw new BrokenInput(`the index has ${documents} documents; ${end} were planned`);
  const offsetsAt = HEADER_BYTES + sequences * 4;
  const boundsAt = offsetsAt + sequences * 8;
  const raw = new BigInt64Array(await readAt(index, file, boundsAt + first * 8, (end - first + 1) * 8));
  const bounds = Array.from(raw, Number);
  const ordered = bounds.every((bound, i) => bound >= (bounds[i - 1] ?? 0) && bound <= sequences);
  if (!ordered) throw new BrokenInput('the index is damaged: its documents do not follow each other');
  const [from, to] = [bounds[0]!, bounds.at(-1)!];
  const lengths = new Int32Array(await readAt(index, file, HEADER_BYTES + from * 4, (to - from) * 4));
  if (lengths.some((length) => length < 0)) throw new BrokenInput('the index is damaged: a length is negative');
  const offsets = new BigInt64Array(await readAt(index, file, offsetsAt + from * 8, (to - from) * 8));
  return { bounds, lengths, offsets };
}

/** @throws BrokenInput where the file ends before */
async function readAt(index: OpenFile, file: string, start: number, length: number): Promise<ArrayBuffer> {
  const data = new Uint8Array(length);
  const { bytesRead } = await reading(file, () => index.read(data, 0, length, start));
  if (bytesRead < length) throw new BrokenInput('the index is cut');
  return data.buffer;
}

function binOf(index: string): string {
  return index.replace(/idx$/i, 'bin');
}

function sum(values: Int32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
