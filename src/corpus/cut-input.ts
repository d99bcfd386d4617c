// One file of the corpus to slices of a bounded size, from the file alone.
//
// Uncompressed JSON lines are read once here: a range must begin at a line, and must know that line's number. So rejects and document
// keys name the true line, however the file is cut. Files that cannot be cut because they are broken become a refused slice.
import { arrowLayout } from './arrow-messages.js';
import type { ArrowSlice } from './arrow-input.js';
import { BrokenInput } from './broken-input.js';
import { readBytes } from './byte-stream.js';
import { rowLines, type JsonlSlice } from './jsonl.js';
import { parquetRowGroups, type ParquetSlice } from './parquet.js';
import type { TextSlice } from './text-file.js';
import type { InputFile } from './input-files.js';

/** What one reader takes at once. Plain JSON. `bytes` is the size of the whole file when the run was planned. */
export type InputSlice = { bytes: number } & (
  | ({ format: 'text' } & TextSlice)
  | ({ format: 'jsonl' } & JsonlSlice)
  | ({ format: 'parquet' } & ParquetSlice)
  | ({ format: 'arrow' } & ArrowSlice)
  | { format: 'refused'; path: string; reason: string }
);

/** A slice, how many bytes of text it is worth (about), and its rows where they were counted. */
export interface Cut {
  slice: InputSlice;
  weight: number;
  rows: number;
}

/** Text is compressed about this much by gzip and zstd, and in Parquet files. */
const COMPRESSION_RATIO = 3;
const LF = 0x0a;

/**
 * @param target bytes of a slice, about
 * @param limit rows to take at most; Infinity for all. A row that is refused counts, so that the cut needs no parsing.
 * @throws LongattnError INPUT_UNREADABLE
 */
export async function* cutInput(file: InputFile, target: number, limit: number): AsyncGenerator<Cut, void, undefined> {
  const refuse = (reason: string): Cut => ({
    slice: { format: 'refused', path: file.path, bytes: file.bytes, reason },
    weight: 0,
    rows: 0,
  });
  if (file.bytes === 0) {
    yield refuse('the file is empty');
    return;
  }
  try {
    yield* CUTTERS[file.format](file, target, limit);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    yield refuse(error.message);
  }
}

type Cutter = (file: InputFile, target: number, limit: number) => AsyncGenerator<Cut, void, undefined>;

const CUTTERS: Record<InputFile['format'], Cutter> = {
  text: cutText,
  jsonl: (file, target, limit) =>
    file.compression === 'none' ? cutLines(file, target, limit) : cutCompressed(file, limit),
  parquet: cutParquet,
  arrow: cutArrow,
};

async function* cutText(file: InputFile): AsyncGenerator<Cut, void, undefined> {
  const { path, name, bytes, compression, domain } = file;
  const weight = bytes * (compression === 'none' ? 1 : COMPRESSION_RATIO);
  yield { slice: { format: 'text', path, name, bytes, compression, domain: domain! }, weight, rows: 1 };
}

/** A compressed file has no places to start at: it is one slice. With a limit its first rows are counted. */
async function* cutCompressed(file: InputFile, limit: number): AsyncGenerator<Cut, void, undefined> {
  const slice = { format: 'jsonl' as const, bytes: file.bytes, compression: file.compression, ...placeOf(file) };
  const weight = file.bytes * COMPRESSION_RATIO;
  if (limit === Infinity) {
    yield { slice, weight, rows: 0 };
    return;
  }
  let rows = 0;
  for await (const _ of rowLines({ ...slice, rows: limit })) rows++;
  yield { slice: { ...slice, rows }, weight, rows };
}

async function* cutLines(file: InputFile, target: number, limit: number): AsyncGenerator<Cut, void, undefined> {
  const { end, rows } = await limitedEnd(file, limit);
  const cut = (start: number, stop: number, line: number): Cut => ({
    slice: {
      format: 'jsonl',
      bytes: file.bytes,
      compression: 'none',
      ...placeOf(file),
      range: { start, end: stop, line },
    },
    weight: stop - start,
    rows: 0,
  });
  let [start, startLine, line, position] = [0, 1, 1, 0];
  for await (const chunk of readBytes(file.path, 'none', { start: 0, end })) {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      line++;
      const next = position + at + 1;
      if (next - start < target || next >= end) continue;
      yield cut(start, next, startLine);
      start = next;
      startLine = line;
    }
    position += chunk.length;
  }
  yield { ...cut(start, end, startLine), rows };
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

async function* cutParquet(file: InputFile, _target: number, limit: number): AsyncGenerator<Cut, void, undefined> {
  const { path, bytes } = file;
  for (const group of await parquetRowGroups(path)) {
    const rowEnd = Math.min(group.rowEnd, limit);
    if (rowEnd <= group.rowStart) continue;
    yield {
      slice: { format: 'parquet', bytes, ...placeOf(file), rowStart: group.rowStart, rowEnd },
      weight: group.bytes * COMPRESSION_RATIO,
      rows: rowEnd - group.rowStart,
    };
  }
}

async function* cutArrow(file: InputFile, target: number, limit: number): AsyncGenerator<Cut, void, undefined> {
  const { head, batches, footer } = await arrowLayout(file.path);
  let pending: Cut | undefined;
  for (const { heads, ...batch } of batches) {
    const rows = Math.min(batch.rows, limit - batch.firstRow);
    if (rows <= 0) continue;
    const weight = batch.end - batch.start;
    const last = pending?.slice.format === 'arrow' ? pending.slice : undefined;
    // Batches that depend on the same dictionaries and fit together share a slice.
    if (pending && last && last.head.length === heads && pending.weight + weight <= target) {
      last.batches.push({ ...batch, take: rows });
      pending.weight += weight;
      pending.rows += rows;
      continue;
    }
    if (pending) yield pending;
    const from = { ...placeOf(file), ...(footer && { footer }), head: head.slice(0, heads) };
    const slice = { format: 'arrow' as const, bytes: file.bytes, ...from, batches: [{ ...batch, take: rows }] };
    pending = { slice, weight, rows };
  }
  if (pending) yield pending;
}

function placeOf(file: InputFile): { path: string; name: string; domain?: string } {
  return { path: file.path, name: file.name, ...(file.domain !== undefined && { domain: file.domain }) };
}
