// The chosen windows with their text, and what else is looked at one by one: DS of each head, far mass of each token.
//
// One walk over the parts. Token ids and token statistics are most of a run, so they are read of the batches alone that hold a chosen
// window. Texts come out part after part; at most one part's are in memory.
import { dataError, LongattnError } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { WINDOW_COLUMNS, type Columns } from '../arrow/schema.js';
import type { ListColumn } from '../arrow/columns.js';
import type { Run } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import type { TextOf, TextRequest } from '../windows/document-text.js';
import { base64 } from './base64.js';
import type { PageText } from './page-data.js';
import { tokenOffsets } from './token-offsets.js';

export interface ReadTexts extends Hooks {
  /** Positions in the run, ascending. */
  chosen: Uint32Array;
  /** The layer whose statistics are shown; undefined where the run has no scores. */
  layer: number | undefined;
  /** False: places and statistics alone. */
  text: boolean;
  textOf: TextOf;
  /** For the offsets of tokens; undefined: no heat. */
  tokenizer: Tokenizer | undefined;
  /** Told DS of each head of every window of the run, in its order; absent: those of the chosen ones are read alone. */
  onHeads?: (row: number, heads: Float64Array) => void;
  /** Told the source of every window of the run, in its order. */
  onSource: (source: string) => void;
}

type Found = TextRequest & Omit<PageText, 'text' | 'offsets' | 'heat'> & { ids?: Int32Array; far?: Float32Array };

const PLACE = ['window_id', 'doc_id', 'source', 'char_start', 'char_end', 'token_start'] as const;

/** @throws LongattnError of the run's files. A corpus that cannot be read gives windows without their text, and a warning. */
export async function* readTexts(run: Run, options: ReadTexts): AsyncGenerator<PageText, void, undefined> {
  let first = 0;
  let next = 0;
  let readable = options.text;
  for (let part = 0; part < run.manifest.parts; part++) {
    options.signal?.throwIfAborted();
    const { found, rows, upTo } = await windowsOf(run, part, first, next, options);
    next = upTo;
    if (options.layer !== undefined) await addStatistics(run, part, found, first, options.layer, options.onHeads);
    first += rows;
    const texts: string[] = [];
    if (readable) {
      try {
        for await (const text of options.textOf(part, found, options.signal)) texts.push(text);
      } catch (error) {
        if (!(error instanceof LongattnError) || options.signal?.aborted) throw error;
        readable = false;
        const message = `the page has no texts from here on: ${error.message}`;
        options.onProgress?.({ type: 'warning', code: 'PAGE_WITHOUT_TEXTS', message });
      }
    }
    for (const [i, window] of found.entries()) yield pageText(window, texts[i], options.tokenizer);
  }
}

/** Where the windows of each part begin, and the end: `[parts + 1]`. */
export async function partStarts({ windows, manifest }: Run): Promise<Float64Array> {
  const starts = new Float64Array(manifest.parts + 1);
  const names = Array.from({ length: manifest.parts }, (_, part) => partName(part));
  for (const [part, name] of names.entries())
    starts[part + 1] = starts[part]! + (await windows.require(name, 'size')).rows;
  return starts;
}

/** One window, by its place in the run: no other part is read. */
export async function readText(
  run: Run,
  starts: Float64Array,
  row: number,
  options: Omit<ReadTexts, 'chosen' | 'onSource' | 'onProgress'>,
): Promise<PageText> {
  const part = starts.findLastIndex((first) => first <= row);
  const chosen = Uint32Array.of(row);
  const { found } = await windowsOf(run, part, starts[part]!, 0, { ...options, chosen, onSource: () => undefined });
  if (options.layer !== undefined) await addStatistics(run, part, found, starts[part]!, options.layer);
  let text: string | undefined;
  if (options.text) for await (const one of options.textOf(part, found, options.signal)) text = one;
  return pageText(found[0]!, text, options.tokenizer);
}

/** The token ids of one window, by its place in the run. */
export async function readIds(run: Run, starts: Float64Array, row: number): Promise<Int32Array> {
  const part = starts.findLastIndex((first) => first <= row);
  await using file = await ArrowFile.open(run.windows.file(partName(part)), WINDOW_COLUMNS, run.windows.fs);
  let first = starts[part]!;
  for (let index = 0; index < file.batchCount; index++) {
    const { rows } = await file.batch(index, ['window_id']);
    if (row < first + rows) return (await file.batch(index, ['token_ids'])).columns.token_ids.get(row - first).slice();
    first += rows;
  }
  const message = `${file.path} has fewer rows than its ledger entry says: there is none for window ${row}. Make it again.`;
  throw dataError('ROWS_MISSING', message);
}

async function pageText(found: Found, text: string | undefined, tokenizer?: Tokenizer): Promise<PageText> {
  const { ids, far, windowId: _, ...place } = found;
  if (text === undefined || text === '') return { ...place, text: '' };
  if (!ids || !tokenizer) return { ...place, text };
  const { starts } = tokenOffsets(ids, await tokenizer.encode(text), text);
  return { ...place, text, offsets: base64(starts), ...(far && { heat: base64(Float32Array.from(far)) }) };
}

async function windowsOf(
  run: Run,
  part: number,
  first: number,
  next: number,
  { chosen, tokenizer, onSource }: ReadTexts,
): Promise<{ found: Found[]; rows: number; upTo: number }> {
  const { rows } = await run.windows.require(partName(part), 'size');
  await using file = await ArrowFile.open(run.windows.file(partName(part)), WINDOW_COLUMNS, run.windows.fs);
  const found: Found[] = [];
  let at = 0;
  for (let index = 0; index < file.batchCount; index++) {
    const { columns, rows: count } = await file.batch(index, PLACE);
    for (let row = 0; row < count; row++) onSource(columns.source.get(row));
    let ids: ListColumn<Int32Array> | undefined;
    for (; next < chosen.length && chosen[next]! < first + at + count; next++) {
      const row = chosen[next]! - first - at;
      if (tokenizer) ids ??= (await file.batch(index, ['token_ids'])).columns.token_ids;
      found.push({
        row: chosen[next]!,
        windowId: columns.window_id.get(row),
        docId: columns.doc_id.get(row),
        source: columns.source.get(row),
        charStart: columns.char_start[row]!,
        charEnd: columns.char_end[row]!,
        tokenStart: columns.token_start[row]!,
        ...(ids && { ids: ids.get(row).slice() }),
      });
    }
    at += count;
  }
  requireRows(file.path, at, rows);
  return { found, rows, upTo: next };
}

/** Rows of a part of scores are those of its windows, layer after layer. */
async function addStatistics(
  { scores }: Run,
  part: number,
  found: readonly Found[],
  first: number,
  layer: number,
  onHeads?: ReadTexts['onHeads'],
): Promise<void> {
  if (found.length === 0 && !onHeads) return;
  const wanted = new Map(found.map((one) => [one.row - first, one]));
  await using file = await ArrowFile.open<Columns>(scores.file(partName(part)), { layer: 'int32' }, scores.fs);
  const hasTokens = file.typeOf('token_ds') !== undefined;
  let window = 0;
  for (let index = 0; index < file.batchCount; index++) {
    const layers = (await file.batch(index, ['layer'])).columns['layer'] as unknown as Int32Array;
    let heads: ListColumn<Float64Array> | undefined;
    let tokens: ListColumn<Float32Array> | undefined;
    for (let row = 0; row < layers.length; row++) {
      if (layers[row] !== layer) continue;
      const one = wanted.get(window++);
      if (!one && !onHeads) continue;
      heads ??= (await file.batch(index, ['ds'])).columns['ds'];
      onHeads?.(first + window - 1, heads.get(row));
      if (!one) continue;
      one.heads = Array.from(heads.get(row));
      if (!hasTokens || !one.ids) continue;
      tokens ??= (await file.batch(index, ['token_ds'])).columns['token_ds'] as unknown as ListColumn<Float32Array>;
      one.far = tokens.get(row).slice();
    }
  }
}
