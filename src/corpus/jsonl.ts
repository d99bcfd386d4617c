// JSON lines: one document a line, from a whole file or from a range of its lines.
import type { Document, Reject } from '../base/records.js';
import { readBytes } from './byte-stream.js';
import { BrokenInput } from './broken-input.js';
import type { Compression } from './input-format.js';
import { isBlank, MAX_LINE_BYTES, splitLines, type Line } from './lines.js';
import { rowToDocument, type FieldOptions, type Row } from './row-document.js';
import { decodeUtf8, withoutBom } from './utf8.js';

export interface JsonlSlice {
  path: string;
  name: string;
  domain?: string;
  compression: Compression;
  /** Bytes `[start, end)` that begin and end at line ends; `line` is the number of the first. Only for uncompressed files. */
  range?: { start: number; end: number; line: number };
  /** Take at most this many rows (for `--limit`). */
  rows?: number;
}

/**
 * Compressed files are read twice, first to check them: their checksums come last, and a document must not be used before they hold.
 * Reading is some fifty times faster than tokenising.
 *
 * @throws LongattnError INPUT_UNREADABLE; a broken row or file goes to `onReject`
 */
export async function* readJsonl(
  slice: JsonlSlice,
  fields: FieldOptions,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  const { path: file, compression, range } = slice;
  try {
    if (compression !== 'none' && slice.rows === undefined) await drain(readBytes(file, compression));
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    onReject({ file, line: 0, reason: error.message });
    return;
  }
  for await (const line of rowLines(slice)) {
    const document = lineToDocument(line, slice, fields, !range || range.start === 0);
    if ('reason' in document) onReject({ file, line: line.number, reason: document.reason });
    else yield document;
  }
}

/** Lines that are not blank, at most `slice.rows`. */
export async function* rowLines(
  slice: Pick<JsonlSlice, 'path' | 'compression' | 'range' | 'rows'>,
): AsyncGenerator<Line, void, undefined> {
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
