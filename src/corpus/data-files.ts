// Which of the files of a folder are data: not what other tools leave beside it, wherever the folder lies.
import path from 'node:path';
import type { StoredFile } from '../storage/storage.js';
import { inputFormat, withoutCompanions } from './formats.js';

export interface DataFiles {
  files: string[];
  /** Not data, or of no known format. */
  skipped: string[];
  /** Files that a list beside them names, and that are not there. */
  lost: { path: string; reason: string }[];
}

export interface Expanded extends DataFiles {
  /** Of a server: what its list said of the files, so that each need not be asked for. */
  listed?: ReadonlyMap<string, StoredFile>;
}

/** How files beside others are found: on a disk, or in the list of a bucket. */
export interface Neighbours {
  exists(file: string): Promise<boolean>;
  /** Undefined where there is no such file. */
  read(file: string): Promise<string | undefined>;
}

/** A folder that `datasets` saved names its files in state.json; the caches of its maps lie beside them. */
export async function onlyData(files: readonly string[], neighbours: Neighbours): Promise<DataFiles> {
  const result: DataFiles = { files: [], skipped: [], lost: [] };
  const states = new Map<string, readonly string[] | undefined>();
  for (const file of withoutCompanions(files)) {
    const name = path.basename(file);
    if (!name.endsWith('.arrow')) {
      result.files.push(file);
      continue;
    }
    // Ends with a separator, or is empty. Not `path.join` below: it would take a slash from `s3://`.
    const folder = file.slice(0, -name.length);
    if (!states.has(folder)) {
      const named = namesIn(await neighbours.read(`${folder}state.json`));
      states.set(folder, named);
      for (const missing of named ?? []) {
        const place = folder + missing;
        if (!(await neighbours.exists(place)))
          result.lost.push({ path: place, reason: 'state.json names it, but it is not there' });
      }
    }
    const isData = states.get(folder)?.includes(name) ?? !/^(cache-|tmp)/.test(name);
    (isData ? result.files : result.skipped).push(file);
  }
  return result;
}

/** Files that a state.json names; undefined where there is none that is known. */
function namesIn(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const { _data_files: files } = JSON.parse(text) as { _data_files?: { filename?: unknown }[] };
    const names = files?.map(({ filename }) => filename);
    return names?.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Is a file that was found in a folder, not named, an input? A plain .json is more often a description of the data than data.
 * @param inFolder the path below the folder
 */
export function isInputOfFolder(inFolder: string): boolean {
  return inputFormat(inFolder) !== undefined && !inFolder.toLowerCase().endsWith('.json') && !isMarked(inFolder);
}

/** Does a folder or the file itself begin with `_` or `.`? */
export function isMarked(file: string): boolean {
  return file.split(/[/\\]/).some((name) => /^(_|\.[^./\\])/.test(name));
}

/** The folders of a glob before its first magic character. */
export function baseOf(pattern: string): string {
  const plain = pattern.slice(0, pattern.search(/[*?[\]{}()!]/));
  return plain.slice(0, plain.search(/[^/\\]*$/));
}
