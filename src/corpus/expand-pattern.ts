// What a pattern of `--input` names: a file, the files of a folder, or those of a glob.
//
// A pattern that names an existing file or folder is that, whatever characters it has; any other is a glob. What other tools leave beside
// the data is no data: names with `_` or `.` in front (Spark's _SUCCESS), caches of `datasets`. Links that lead nowhere are told apart from
// nothing at all: a snapshot of the Hub that was fetched in part has them.
import fs from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, type GlobOptions } from 'tinyglobby';
import { dataError, show } from '../base/errors.js';
import { errorCode, ifExists } from '../io/file-system.js';
import { isAddress } from '../storage/address.js';
import { unreadable } from './broken-input.js';
import { baseOf, isInputOfFolder, isMarked, onlyData, type Expanded, type Neighbours } from './data-files.js';
import { expandAddress } from './expand-address.js';
import { inputFormat, KNOWN_FORMATS } from './formats.js';

const DANGLING = 'the link leads nowhere: fetch what it stands for, or remove it';

/** @throws LongattnError INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function expandPattern(pattern: string): Promise<Expanded> {
  if (isAddress(pattern)) return expandAddress(pattern);
  const kind = await stat(pattern).catch(() => undefined);
  if (kind?.isDirectory()) return expandFolder(pattern);
  if (kind) return { files: [pattern], skipped: [], lost: [] };
  if (await lstat(pattern).catch(() => undefined)) {
    return { files: [], skipped: [], lost: [{ path: pattern, reason: DANGLING }] };
  }
  return expandGlob(pattern);
}

async function expandFolder(folder: string): Promise<Expanded> {
  const inside = await entriesOf('**/*', { cwd: folder });
  const found = await onlyData(
    inside.files.map((file) => path.join(folder, file)),
    onDisk,
  );
  const isInput = (file: string): boolean => isInputOfFolder(path.relative(folder, file));
  const isMark = (file: string): boolean => isMarked(path.relative(folder, file)) && inputFormat(file) === undefined;
  const files = found.files.filter(isInput);
  const lost = inside.dangling
    .map((file) => path.join(folder, file))
    .filter(isInput)
    .map((file) => ({ path: file, reason: DANGLING }));
  if (files.length + lost.length + found.lost.length === 0) {
    throw dataError('INPUT_NOT_FOUND', `The folder ${show(folder)} has no file of a known format: ${KNOWN_FORMATS}.`);
  }
  return {
    files,
    // Marks such as _SUCCESS are no news.
    skipped: [...found.files.filter((file) => !isInput(file) && !isMark(file)), ...found.skipped],
    lost: [...lost, ...found.lost],
  };
}

async function expandGlob(pattern: string): Promise<Expanded> {
  const { files: entries, folders, dangling } = await entriesOf(pattern, { absolute: path.isAbsolute(pattern) });
  const namesMarked = isMarked(pattern);
  const isWanted = (file: string): boolean => namesMarked || !isMarked(path.relative(baseOf(pattern) || '.', file));
  const found = await onlyData(entries.filter(isWanted), onDisk);
  const expanded: Expanded = {
    files: found.files,
    skipped: found.skipped,
    lost: [...dangling.filter(isWanted).map((file) => ({ path: file, reason: DANGLING })), ...found.lost],
  };
  // With ** all that is in the folders is matched already.
  for (const folder of pattern.includes('**') ? [] : folders.filter(isWanted)) {
    const inside = await expandFolder(folder).catch((error: unknown) => {
      if (errorCode(error) !== 'INPUT_NOT_FOUND') throw error;
      return undefined;
    });
    expanded.files.push(...(inside?.files ?? []));
    expanded.skipped.push(...(inside?.skipped ?? []));
    expanded.lost.push(...(inside?.lost ?? []));
  }
  if (expanded.files.length + expanded.lost.length === 0) {
    throw dataError(
      'INPUT_NOT_FOUND',
      `No file matches ${show(pattern)}. Give a file, a folder or a glob such as 'data/**/*.jsonl'.`,
    );
  }
  return expanded;
}

async function entriesOf(
  pattern: string,
  options: { cwd?: string; absolute?: boolean },
): Promise<{ files: string[]; folders: string[]; dangling: string[] }> {
  const lost = new Set<string>();
  const all = await glob(pattern, {
    ...options,
    expandDirectories: false,
    onlyFiles: false,
    fs: showingDanglingLinks(lost),
  });
  const isFolder = (entry: string): boolean => /[/\\]$/.test(entry);
  const isLost = (entry: string): boolean => lost.has(path.resolve(options.cwd ?? '.', entry));
  return {
    files: all.filter((entry) => !isFolder(entry) && !isLost(entry)),
    folders: all.filter(isFolder).map((entry) => entry.slice(0, -1)),
    dangling: all.filter(isLost),
  };
}

/** tinyglobby leaves links out that lead nowhere. With this file system it takes them for files, and `lost` says which they are. */
function showingDanglingLinks(lost: Set<string>): NonNullable<GlobOptions['fs']> {
  return {
    realpath: (file: string, callback: (error: Error | null, resolved: string) => void) =>
      fs.realpath(file, (error, resolved) => {
        if (error?.code !== 'ENOENT' && error?.code !== 'ELOOP') return callback(error, resolved);
        lost.add(path.resolve(file));
        callback(null, file);
      }),
    stat: (file: string, callback: (error: Error | null, stats: fs.Stats) => void) =>
      (lost.has(path.resolve(file)) ? fs.lstat : fs.stat)(file, callback),
  } as NonNullable<GlobOptions['fs']>;
}

const onDisk: Neighbours = {
  exists: async (file) => (await lstat(file).catch(() => undefined)) !== undefined,
  read: (file) =>
    ifExists(readFile(file, 'utf8')).catch((error: unknown) => {
      throw unreadable(file, error);
    }),
};
