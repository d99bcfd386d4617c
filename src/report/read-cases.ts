// The texts of a validation's controls, a few pairs of each: what a score was asked to tell apart, to be looked at.
//
// Decoded from the token ids, for a control has no place in the corpus. Only the beginning of each window: a page must stay small.
import path from 'node:path';
import { LongattnError } from '../base/errors.js';
import { ArrowFile } from '../arrow/file.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { loadRun } from '../run/directory.js';
import type { PageControlTexts, PageEvidence } from './page-data.js';
import { tokenizerOfRun } from './tokenizer-of-run.js';

/** Pairs a control: the first, the last and one between, which with several domains are of different ones. */
const PAIRS = 3;
const TOKENS = 2048;

/**
 * @param check the folder of a validation, whose report is read already
 * @throws LongattnError of the files of the cases
 */
export async function readControlTexts(
  check: string,
  { controls }: PageEvidence,
  fs: FileSystem = nodeFileSystem,
): Promise<PageControlTexts> {
  const none = (note: string): PageControlTexts => ({ tokens: TOKENS, pairs: [], note });
  const folder = path.join(check, 'evidence', 'cases');
  const names = await fs.readdir(folder).catch((): string[] => []);
  const files = names.filter((name) => /^part-\d+\.arrow$/.test(name)).sort();
  if (files.length === 0) return none(`${folder} holds no windows`);
  const { tokenizer, reason } = await tokenizerOf(check, fs);
  if (!tokenizer) return none(reason ?? 'the tokenizer of the validation is not known');
  const parts = files.map((name) => path.join(folder, name));
  const chosen = choosePairs(await idsOf(parts, fs), new Set(controls.map(({ name }) => name)));
  const wanted = new Set(chosen.flatMap(({ pair, control }) => [pair, `${pair}#${control}`]));
  const found = await windowsOf(parts, wanted, fs);
  const texts = new Map<string, string>();
  for (const [id, { ids }] of found) texts.set(id, await tokenizer.decode(ids));
  const pairs = chosen.flatMap(({ pair, control }) => {
    const [real, made] = [texts.get(pair), texts.get(`${pair}#${control}`)];
    return real === undefined || made === undefined
      ? []
      : [{ control, id: pair, domain: found.get(pair)!.domain, real, made }];
  });
  return { tokens: TOKENS, pairs };
}

/** A validation's folder is a run; one that was copied in part has its numbers still. */
async function tokenizerOf(check: string, fs: FileSystem): ReturnType<typeof tokenizerOfRun> {
  try {
    return await tokenizerOfRun(await loadRun(check, fs));
  } catch (error) {
    if (!(error instanceof LongattnError)) throw error;
    return { reason: error.message };
  }
}

async function idsOf(parts: readonly string[], fs: FileSystem): Promise<string[]> {
  const ids: string[] = [];
  for (const part of parts) {
    await using file = await ArrowFile.open(part, WINDOW_COLUMNS, fs);
    for (let index = 0; index < file.batchCount; index++) {
      const { columns, rows } = await file.batch(index, ['window_id']);
      for (let row = 0; row < rows; row++) ids.push(columns.window_id.get(row));
    }
  }
  return ids;
}

/** @param ids of all cases: a control's are `pair#control`, domain after domain */
function choosePairs(ids: readonly string[], controls: ReadonlySet<string>): { pair: string; control: string }[] {
  const pairs = new Map<string, string[]>([...controls].map((name) => [name, []]));
  for (const id of ids) {
    const at = id.lastIndexOf('#');
    if (at > 0) pairs.get(id.slice(at + 1))?.push(id.slice(0, at));
  }
  return [...pairs].flatMap(([control, own]) => {
    const places = Array.from({ length: PAIRS }, (_, i) => Math.round((i * (own.length - 1)) / (PAIRS - 1)));
    return own.filter((_, at) => places.includes(at)).map((pair) => ({ pair, control }));
  });
}

/** The beginning of each wanted window; token ids are read of the batches alone that hold one. */
async function windowsOf(
  parts: readonly string[],
  wanted: ReadonlySet<string>,
  fs: FileSystem,
): Promise<Map<string, { domain: string; ids: Int32Array }>> {
  const found = new Map<string, { domain: string; ids: Int32Array }>();
  for (const part of parts) {
    await using file = await ArrowFile.open(part, WINDOW_COLUMNS, fs);
    for (let index = 0; index < file.batchCount; index++) {
      const { columns, rows } = await file.batch(index, ['window_id', 'domain']);
      const own = Array.from({ length: rows }, (_, row) => row).filter((row) => wanted.has(columns.window_id.get(row)));
      if (own.length === 0) continue;
      const { token_ids: tokens } = (await file.batch(index, ['token_ids'])).columns;
      for (const row of own) {
        const ids = tokens.get(row).slice(0, TOKENS);
        found.set(columns.window_id.get(row), { domain: columns.domain.get(row), ids });
      }
    }
  }
  return found;
}
