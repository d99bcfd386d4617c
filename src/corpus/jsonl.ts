// JSON lines: one document a line, from a whole file or from a range of its lines.
//
// Uncompressed files are read once for the plan: a range must begin at a line, and must know that line's number. So rejects and
// document keys name the true line, however the file is cut.
import type { Document } from '../base/records.js';
import { readBytes } from './byte-stream.js';
import {
  COMPRESSION_RATIO,
  type Compression,
  type Format,
  type FormatCut,
  type InputFile,
  type OnReject,
  type SliceFile,
} from './format.js';
import { isBlank, MAX_LINE_BYTES, splitLines, type Line } from './lines.js';
import { rowToDocument, type FieldOptions, type Row } from './row-document.js';
import { decodeUtf8, withoutBom } from './utf8.js';

export interface JsonlPlace {
  compression: Compression;
  /** Bytes `[start, end)` that begin and end at line ends; `line` is the number of the first. Only for uncompressed files. */
  range?: { start: number; end: number; line: number };
  /** Take at most this many rows (for `--limit`). */
  rows?: number;
}

type JsonlSlice = SliceFile & JsonlPlace;
type Cuts = ReturnType<Format<JsonlPlace>['cut']>;

export const jsonlFormat: Format<JsonlPlace> = {
  endings: ['jsonl', 'ndjson', 'json'],
  compressible: true,
  hasFields: true,
  note: 'one document a line',
  cut: (file, target, limit) =>
    file.compression === 'none' ? cutLines(file, target, limit) : cutCompressed(file, limit),
  read,
};

const LF = 0x0a;

/** A compressed file has no places to start at: it is one slice. With a limit its first rows are counted. */
async function* cutCompressed({ path, bytes, compression }: InputFile, limit: number): Cuts {
  const weight = bytes * COMPRESSION_RATIO;
  if (limit === Infinity) {
    yield { place: { compression }, weight, rows: 0 };
    return;
  }
  let rows = 0;
  for await (const _ of rowLines({ path, compression, rows: limit })) rows++;
  yield { place: { compression, rows }, weight, rows };
}

async function* cutLines(file: InputFile, target: number, limit: number): Cuts {
  const { end, rows } = await limitedEnd(file, limit);
  const cut = (start: number, stop: number, line: number, rows: number): FormatCut<JsonlPlace> => ({
    place: { compression: 'none', range: { start, end: stop, line } },
    weight: stop - start,
    rows,
  });
  let [start, startLine, line, position] = [0, 1, 1, 0];
  for await (const chunk of readBytes(file.path, 'none', { start: 0, end })) {
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
  for await (const line of rowLines({ path: file.path, compression: 'none', rows: limit })) {
    end = line.end;
    rows++;
  }
  return { end, rows };
}

/**
 * Compressed files are read twice, first to check them: their checksums come last, and a document must not be used before they hold.
 * Reading is some fifty times faster than tokenising.
 */
async function* read(
  slice: JsonlSlice,
  fields: FieldOptions,
  onReject: OnReject,
): AsyncGenerator<Document, void, undefined> {
  const { path: file, compression, range } = slice;
  if (compression !== 'none' && slice.rows === undefined) await drain(readBytes(file, compression));
  for await (const line of rowLines(slice)) {
    const document = lineToDocument(line, slice, fields, !range || range.start === 0);
    if ('reason' in document) onReject({ file, line: line.number, reason: document.reason });
    else yield document;
  }
}

/** Lines that are not blank, at most `slice.rows`. */
async function* rowLines(slice: Pick<JsonlSlice, 'path'> & JsonlPlace): AsyncGenerator<Line, void, undefined> {
  const { path: file, compression, range, rows = Infinity } = slice;
  let taken = 0;
  if (rows === 0) return;
  for await (const line of splitLines(readBytes(file, compression, range), range?.line)) {
    if (line.bytes && isBlank(line.bytes)) continue;
    yield line;
    if (++taken === rows) return;
  }
}

function lineToDocument(
  line: Line,
  slice: JsonlSlice,
  fields: FieldOptions,
  fromStart: boolean,
): Document | { reason: string } {
  if (!line.bytes) return { reason: `the line is longer than ${MAX_LINE_BYTES >> 20} MiB` };
  const text = decodeUtf8(fromStart && line.number === 1 ? withoutBom(line.bytes) : line.bytes);
  if (text === undefined) return { reason: 'the line is not valid UTF-8' };
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    return { reason: `the line is not valid JSON (${(error as Error).message.slice(0, 120)})` };
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { reason: 'the line is not a JSON object with a field for the text' };
  }
  const { path, name, domain } = slice;
  return rowToDocument(row as Row, { path, name, row: line.number, ...(domain !== undefined && { domain }) }, fields);
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
