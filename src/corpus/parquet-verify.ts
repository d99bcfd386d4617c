// Counts in Parquet's headers, held against the bytes that they count before hyparquet's decoder loops over them.
//
// A page says itself how many values it has, and a run in it how often it repeats one: a changed bit makes an array of 2^31 entries, at
// which V8 ends the process, with no error to catch. So pages are unpacked twice; that is fast beside tokenising.
import { parquetSchema, type ColumnMetaData, type Compressors, type FileMetaData, type PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import type { OpenFile } from '../storage/storage.js';

/** Values of a page, and of the rows of a group: arrays of so many take half a GiB. Writers end a group at a million rows or so. */
const MAX_VALUES = 1 << 26;
/** A page holds whole values: one document at least. */
const MAX_PAGE_BYTES = 1 << 30;
/** The head of a page, with the longest value as a statistic in it, twice. */
const HEAD_BYTES = 1 << 16;
const MAX_HEAD_BYTES = 1 << 24;
const DICTIONARY = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

interface Reader {
  view: DataView;
  offset: number;
}

/** How values of a column are nested. */
interface Levels {
  repetition: number;
  definition: number;
  isBoolean: boolean;
}

/**
 * @param columns top-level columns that will be read
 * @throws Error when a count is more than its bytes can hold, or than can be decoded
 */
export async function verifyGroup(
  handle: OpenFile,
  metadata: FileMetaData,
  groupIndex: number,
  columns: readonly string[],
  compressors: Compressors,
): Promise<void> {
  const group = metadata.row_groups[groupIndex]!;
  const rows = Number(group.num_rows);
  if (!(rows >= 0 && rows <= MAX_VALUES)) {
    throw new Error(`a row group of ${rows} rows; at most ${MAX_VALUES} can be read: write smaller ones`);
  }
  const tree = parquetSchema(metadata);
  for (const { meta_data: column } of group.columns) {
    if (!column || !columns.includes(column.path_in_schema[0]!)) continue;
    const schemaPath = getTreePath(tree, column.path_in_schema);
    const levels = {
      repetition: getMaxRepetitionLevel(schemaPath),
      definition: getMaxDefinitionLevel(schemaPath),
      isBoolean: column.type === 'BOOLEAN',
    };
    const values = await verifyColumn(handle, column, levels, compressors);
    const isThere = levels.repetition > 0 ? values >= rows : values === rows;
    if (!isThere) throw new Error(`a column of ${values} values for ${rows} rows`);
  }
}

/** @returns the values of the column, nulls included */
async function verifyColumn(
  handle: OpenFile,
  column: ColumnMetaData,
  levels: Levels,
  compressors: Compressors,
): Promise<number> {
  let at = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = at + Number(column.total_compressed_size);
  if (!(at >= 0 && at <= end && end <= handle.bytes)) throw new Error('a column outside of its file');
  let values = 0;
  // The decoder leaves a last byte alone, too.
  while (at < end - 1) {
    const { header, headBytes } = await pageHeader(handle, at, end);
    const [packed, unpacked] = [Number(header.compressed_page_size), Number(header.uncompressed_page_size)];
    const body = at + headBytes;
    if (!(packed >= 0 && packed <= end - body)) throw new Error('a page longer than its column');
    if (!(unpacked >= 0 && unpacked <= MAX_PAGE_BYTES)) throw new Error(`a page of ${unpacked} bytes`);
    const bytes = await readAt(handle, body, packed);
    values += verifyPage(bytes, header, column, levels, compressors);
    at = body + packed;
  }
  return values;
}

async function pageHeader(
  handle: OpenFile,
  at: number,
  end: number,
): Promise<{ header: PageHeader; headBytes: number }> {
  for (let bytes = HEAD_BYTES; ; bytes *= 16) {
    const head = await readAt(handle, at, Math.min(bytes, end - at));
    const reader: Reader = { view: viewOf(head), offset: 0 };
    try {
      const header = parquetHeader(reader);
      return { header, headBytes: reader.offset };
    } catch (error) {
      if (bytes >= Math.min(MAX_HEAD_BYTES, end - at)) throw error;
    }
  }
}

/** @returns the values of a data page, 0 of others */
function verifyPage(
  bytes: Buffer,
  header: PageHeader,
  { codec }: ColumnMetaData,
  levels: Levels,
  compressors: Compressors,
): number {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header;
  if (header.type === 'DICTIONARY_PAGE') {
    checkCount(dictionary?.num_values);
    return 0;
  }
  if (header.type === 'DATA_PAGE' && v1) {
    const count = checkCount(v1.num_values);
    const page = decompressPage(bytes, header.uncompressed_page_size, codec, compressors);
    const reader: Reader = { view: viewOf(page), offset: 0 };
    if (levels.repetition > 0) verifyLevels(reader, levels.repetition, count);
    if (levels.definition > 0) verifyLevels(reader, levels.definition, count);
    verifyValues(reader, v1.encoding, levels.isBoolean, count);
    return count;
  }
  if (header.type === 'DATA_PAGE_V2' && v2) {
    const count = checkCount(v2.num_values);
    const [repetition, definition] = [v2.repetition_levels_byte_length, v2.definition_levels_byte_length];
    if (!(repetition >= 0 && definition >= 0 && repetition + definition <= bytes.length)) {
      throw new Error('levels longer than their page');
    }
    if (!(v2.num_nulls >= 0 && v2.num_nulls <= count)) throw new Error(`${v2.num_nulls} nulls of ${count} values`);
    if (levels.repetition > 0) verifyRuns({ view: viewOf(bytes), offset: 0 }, bitWidth(levels.repetition), count);
    if (levels.definition > 0)
      verifyRuns({ view: viewOf(bytes), offset: repetition }, bitWidth(levels.definition), count);
    const rest = bytes.subarray(repetition + definition);
    const unpacked = header.uncompressed_page_size - repetition - definition;
    const page = v2.is_compressed === false ? rest : decompressPage(rest, unpacked, codec, compressors);
    verifyValues({ view: viewOf(page), offset: 0 }, v2.encoding, levels.isBoolean, count);
    return count;
  }
  throw new Error(`a page of type ${header.type}`);
}

function checkCount(count: number | undefined): number {
  if (count !== undefined && count >= 0 && count <= MAX_VALUES) return count;
  throw new Error(`a page of ${count} values`);
}

/** Levels of a page of version 1: their length in 4 bytes, then the runs. */
function verifyLevels(reader: Reader, maxLevel: number, count: number): void {
  const length = reader.view.getUint32(reader.offset, true);
  const start = reader.offset + 4;
  verifyRuns({ view: reader.view, offset: start }, bitWidth(maxLevel), count);
  reader.offset = start + length;
  if (reader.offset > reader.view.byteLength) throw new Error('levels longer than their page');
}

function verifyValues(reader: Reader, encoding: string, isBoolean: boolean, count: number): void {
  if (reader.offset === reader.view.byteLength || count === 0) return;
  if (DICTIONARY.includes(encoding)) {
    const width = reader.view.getUint8(reader.offset++);
    if (width > 32) throw new Error(`a dictionary index of ${width} bits`);
    verifyRuns(reader, width, count, true);
  } else if (encoding === 'RLE' && isBoolean) {
    // Version 1 has a length before the runs; version 2 as well, as writers have it.
    verifyRuns({ view: reader.view, offset: reader.offset + 4 }, 1, count, true);
  }
}

/**
 * Runs of the hybrid of run lengths and bit packing, from head to head.
 * @param mayEnd nulls are counted but have no values: the runs may end with the page
 */
function verifyRuns(reader: Reader, width: number, count: number, mayEnd = false): void {
  const { view } = reader;
  for (let seen = 0; seen < count;) {
    if (mayEnd && reader.offset >= view.byteLength) return;
    const head = readVarInt(reader);
    if (head & 1) {
      const groups = head >>> 1;
      if (width === 0 && groups * 8 > count + 7) throw new Error('a run longer than its page');
      reader.offset += groups * width;
      seen += groups * 8;
    } else {
      const repeats = head >>> 1;
      if (repeats > count - seen) throw new Error('a run longer than its page');
      reader.offset += Math.ceil(width / 8);
      seen += repeats;
    }
  }
}

function bitWidth(maxLevel: number): number {
  return 32 - Math.clz32(maxLevel);
}

async function readAt(handle: OpenFile, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
  if (bytesRead < length) throw new Error('a column outside of its file');
  return buffer;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
