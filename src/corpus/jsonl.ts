// JSON lines: one document a line, from a whole file or from a range of its lines; or one JSON array, an element a document.
//
// Uncompressed lines are read once for the plan: a range must begin at a line, and must know that line's number. So rejects and
// document keys name the true line, however the file is cut.
import type { Document } from '../base/records.js';
import { Spool } from '../storage/spool.js';
import type { StoredFile } from '../storage/storage.js';
import { BrokenInput } from './broken-input.js';
import { byteStream } from './byte-stream.js';
import { COMPRESSION_RATIO, type Compression, type CutOptions, type Format } from './format.js';
import type { FormatCut, InputFile, ReadHooks, ReadOptions, SliceFile, UnpackOptions } from './format.js';
import { brokenAfter, jsonShape } from './json-shape.js';
import { arrayElements } from './json-values.js';
import { isBlank, MAX_LINE_BYTES, splitLines, type Line } from './lines.js';
import { parseJson } from './parse-json.js';
import { rowToDocument, type InputRow } from './row-document.js';
import { decodeUtf8, withoutBom } from './utf8.js';

export interface JsonlPlace {
  compression: Compression;
  /** Bytes `[start, end)` that begin and end at line ends; `line` is the number of the first. Only for uncompressed lines. */
  range?: { start: number; end: number; line: number };
  /** The file is one JSON array. */
  isArray?: true;
  /** Take at most this many rows (for `--limit`). */
  rows?: number;
}

type JsonlSlice = SliceFile & JsonlPlace;
type Cuts = ReturnType<Format<JsonlPlace>['cut']>;

export const jsonlFormat: Format<JsonlPlace> = {
  endings: ['jsonl', 'ndjson', 'json'],
  compressible: true,
  isDocument: false,
  note: 'one document a line, or one array of documents',
  cut,
  read,
};

const LF = 0x0a;

async function* cut(file: InputFile, options: CutOptions): Cuts {
  const shape = await jsonShape(file, options);
  if (shape === 'array' || file.compression !== 'none') yield* cutWhole(file, shape, options);
  else yield* cutLines(file, options);
}

/** Compressed files and arrays have no places to start at: they are one slice. With a limit the first rows are counted. */
async function* cutWhole(file: InputFile, shape: 'lines' | 'array', { limit, ...options }: CutOptions): Cuts {
  const { bytes, compression } = file;
  const place = { compression, ...(shape === 'array' && { isArray: true as const }) };
  const weight = bytes * (compression === 'none' ? 1 : COMPRESSION_RATIO);
  if (limit === Infinity) {
    yield { place, weight, rows: 0 };
    return;
  }
  let rows = 0;
  for await (const _ of rowLines({ ...file, ...place, rows: limit }, options)) rows++;
  yield { place: { ...place, rows }, weight, rows };
}

async function* cutLines(file: InputFile, { target, limit }: CutOptions): Cuts {
  const { end, rows } = await limitedEnd(file, limit);
  const cut = (start: number, stop: number, line: number, rows: number): FormatCut<JsonlPlace> => ({
    place: { compression: 'none', range: { start, end: stop, line } },
    weight: stop - start,
    rows,
  });
  let [start, startLine, line, position] = [0, 1, 1, 0];
  for await (const chunk of byteStream(file, 'none', {}, { start: 0, end })) {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      line++;
      const next = position + at + 1;
      if (next - start < target || next >= end) continue;
      yield cut(start, next, startLine, 0);
      start = next;
      startLine = line;
    }
    position += chunk.length;
  }
  yield cut(start, end, startLine, rows);
}

/** Where the last row of the limit ends, in bytes. */
async function limitedEnd(file: InputFile, limit: number): Promise<{ end: number; rows: number }> {
  if (limit === Infinity) return { end: file.bytes, rows: 0 };
  let [end, rows] = [0, 0];
  for await (const line of rowLines({ ...file, rows: limit }, {})) {
    end = line.end;
    rows++;
  }
  return { end, rows };
}

/**
 * Compressed files and arrays are read twice, first to check them: checksums and brackets come last, and a document must not be used
 * before they hold. Reading is some fifty times faster than tokenising; what a server sends is kept in between.
 */
async function* read(
  slice: JsonlSlice,
  options: ReadOptions,
  { onReject, onNonFinite }: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  const { path: file, compression, range, isArray } = slice;
  const isChecked = (compression !== 'none' || isArray) && slice.rows === undefined;
  await using spool = isChecked ? new Spool(slice) : undefined;
  if (isChecked) await check(slice, options, spool);
  for await (const line of rowLines(slice, options, spool)) {
    const document = lineToDocument(line, slice, options, !range || range.start === 0, onNonFinite);
    if ('reason' in document) onReject({ file, line: line.number, reason: document.reason });
    else yield document;
  }
}

/** Lines that are not blank, or elements, at most `slice.rows`. */
async function* rowLines(
  slice: StoredFile & JsonlPlace,
  options: UnpackOptions,
  spool?: Spool,
): AsyncGenerator<Line, void, undefined> {
  const { compression, range, isArray, rows = Infinity } = slice;
  let taken = 0;
  if (rows === 0) return;
  const bytes = byteStream(slice, compression, options, range, spool?.stream());
  for await (const line of isArray ? arrayElements(bytes) : splitLines(bytes, range?.line)) {
    if (line.bytes && isBlank(line.bytes)) continue;
    yield line;
    if (++taken === rows) return;
  }
}

function lineToDocument(
  line: Line,
  slice: JsonlSlice,
  options: ReadOptions,
  fromStart: boolean,
  onNonFinite?: () => void,
): Document | { reason: string } {
  const kind = slice.isArray ? 'element' : 'line';
  if (!line.bytes) return { reason: `the ${kind} is longer than ${MAX_LINE_BYTES >> 20} MiB` };
  const text = decodeUtf8(fromStart && line.number === 1 ? withoutBom(line.bytes) : line.bytes);
  if (text === undefined) return { reason: `the ${kind} is not valid UTF-8` };
  const parsed = parseJson(text);
  if (!parsed.ok) return { reason: `the ${kind} is not valid JSON (${parsed.reason.slice(0, 120)})` };
  const row = parsed.value;
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { reason: `the ${kind} is not a JSON object with a field for the text` };
  }
  const { path, name, domain } = slice;
  const place = { path, name, row: line.number, ...(domain !== undefined && { domain }) };
  const document = rowToDocument(row as InputRow, place, options);
  if (!parsed.isFinite && !('reason' in document)) onNonFinite?.();
  return document;
}

/** @throws BrokenInput with the rows that are lost */
async function check(slice: JsonlSlice, options: UnpackOptions, spool?: Spool): Promise<void> {
  let [rows, bytes] = [0, 0];
  try {
    for await (const line of rowLines(slice, options, spool)) {
      rows++;
      bytes = line.end;
    }
  } catch (error) {
    throw error instanceof BrokenInput ? brokenAfter(error, slice, { rows, bytes }) : error;
  }
}
