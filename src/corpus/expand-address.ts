// What an address names: a file, the files of a folder of a bucket, or those of a glob. The rules are those of expand-pattern.ts.
//
// A bucket has no folders, only names with slashes, so one list of names stands for both; it tells size and tag of each file too.
import picomatch from 'picomatch';
import { dataError, show } from '../base/errors.js';
import type { Storage, StoredFile } from '../storage/storage.js';
import { storageOf } from '../storage/storages.js';
import { baseOf, isInputOfFolder, isMarked, onlyData, type Expanded, type Neighbours } from './data-files.js';
import { inputFormat, KNOWN_FORMATS } from './formats.js';

/** Of a state.json: 100,000 names are 4 MB. */
const MAX_STATE_BYTES = 64 << 20;

/** @throws LongattnError INPUT_NOT_FOUND, INPUT_ADDRESS, INPUT_UNREADABLE, STORAGE_* */
export async function expandAddress(address: string): Promise<Expanded> {
  const storage = await storageOf(address);
  const file = address.endsWith('/') ? undefined : await storage.stat(address);
  if (file) return { files: [address], skipped: [], lost: [], listed: new Map([[address, file]]) };
  if (!storage.list) {
    throw dataError(
      'INPUT_NOT_FOUND',
      `${address} is not there. A web server lists nothing: name each file, without patterns.`,
    );
  }
  const folder = address.replace(/\/*$/, '/');
  const inside = await storage.list(folder);
  if (inside.length > 0) {
    const found = await expandFolder(folder, inside, storage);
    if (found.files.length + found.lost.length > 0) return found;
    throw dataError('INPUT_NOT_FOUND', `${show(folder)} has no file of a known format: ${KNOWN_FORMATS}.`);
  }
  const base = baseOf(address);
  const found = /[*?[\]{}()!]/.test(address)
    ? await expandGlob(address, base, await storage.list(base), storage)
    : undefined;
  if (found && found.files.length + found.lost.length > 0) return found;
  throw dataError(
    'INPUT_NOT_FOUND',
    `No file matches ${show(address)}. Give a file, a folder or a glob such as '${base}**/*.jsonl'.`,
  );
}

async function expandFolder(folder: string, inside: readonly StoredFile[], storage: Storage): Promise<Expanded> {
  const relative = (file: string): string => file.slice(folder.length);
  // Hidden ones are not even told of, as `**/*` does on a disk.
  const visible = inside.filter(({ path }) => !/(^|\/)\./.test(relative(path)));
  const found = await dataOf(visible, storage);
  const isInput = (file: string): boolean => isInputOfFolder(relative(file));
  const isMark = (file: string): boolean => isMarked(relative(file)) && inputFormat(file) === undefined;
  return {
    ...found,
    files: found.files.filter(isInput),
    skipped: [...found.files.filter((file) => !isInput(file) && !isMark(file)), ...found.skipped],
  };
}

/** Files that the pattern matches, and those of folders that it matches; with ** all in the folders is matched already. */
async function expandGlob(
  pattern: string,
  base: string,
  listed: readonly StoredFile[],
  storage: Storage,
): Promise<Expanded> {
  const matches = picomatch(pattern.slice(base.length).replace(/\/+$/, ''));
  const namesMarked = isMarked(pattern.slice(base.length));
  const relative = (file: string): string => file.slice(base.length);
  const named = listed.filter(({ path }) => matches(relative(path)) && (namesMarked || !isMarked(relative(path))));
  const result = await dataOf(named, storage);
  const folders = new Map<string, StoredFile[]>();
  for (const file of pattern.includes('**') ? [] : listed) {
    const parts = relative(file.path).split('/');
    const depth = parts.findIndex((_, i) => i > 0 && matches(parts.slice(0, i).join('/')));
    if (depth < 1) continue;
    const name = parts.slice(0, depth).join('/');
    if (!namesMarked && isMarked(name)) continue;
    const files = folders.get(name) ?? [];
    folders.set(name, files);
    files.push(file);
  }
  for (const [name, files] of folders) {
    const inside = await expandFolder(`${base}${name}/`, files, storage);
    result.files.push(...inside.files);
    result.skipped.push(...inside.skipped);
    result.lost.push(...inside.lost);
  }
  return { ...result, listed: new Map(listed.map((file) => [file.path, file])) };
}

async function dataOf(listed: readonly StoredFile[], storage: Storage): Promise<Expanded> {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const inList: Neighbours = {
    exists: (file) => Promise.resolve(byPath.has(file)),
    async read(file) {
      const stored = byPath.get(file);
      if (!stored || stored.bytes > MAX_STATE_BYTES) return undefined;
      const chunks: Buffer[] = [];
      for await (const chunk of storage.stream(stored)) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
  return { ...(await onlyData([...byPath.keys()], inList)), listed: byPath };
}
