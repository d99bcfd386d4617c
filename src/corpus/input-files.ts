// From what the user named (files, folders, globs) to the list of files of a run.
//
// The list is sorted, so that neither the order of the flags nor that of the file system matters. Each file gets a short name that is
// unique within the run, the shortest end of its path that no other file shares: document keys start with it, and they stay
// the same when the whole corpus moves to another folder.
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob } from 'tinyglobby';
import { dataError, show } from '../base/errors.js';
import { reading } from './broken-input.js';
import type { InputFile } from './format.js';
import { FORMATS, inputFormat, KNOWN_FORMATS } from './formats.js';

export interface InputPatterns {
  /** Undefined: the domain is a field of each row. */
  domain?: string | undefined;
  patterns: readonly string[];
}

/**
 * @returns files sorted by domain and path, and the files in folders that are of no known format
 * @throws LongattnError INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_IN_TWO_DOMAINS, DOMAIN_MISSING, INPUT_UNREADABLE
 */
export async function listInputFiles(
  inputs: readonly InputPatterns[],
): Promise<{ files: InputFile[]; skipped: string[] }> {
  const found = new Map<string, InputFile>();
  const skipped = new Set<string>();
  for (const { domain, patterns } of inputs) {
    for (const pattern of patterns) {
      const matched = await expand(pattern);
      matched.skipped.forEach((file) => skipped.add(file));
      for (const file of matched.files) {
        const entry = await describe(file, domain);
        const place = await reading(file, () => realpath(file));
        const other = found.get(place);
        if (other && other.domain !== domain) throw inTwoDomains(file, other.domain, domain);
        if (!other || byCodeUnits(file, other.path) < 0) found.set(place, entry);
      }
    }
  }
  const files = [...found.values()].sort(
    (a, b) => byCodeUnits(a.domain ?? '', b.domain ?? '') || byCodeUnits(a.path, b.path),
  );
  const names = shortestUniqueNames(files.map((file) => file.path));
  files.forEach((file, i) => (file.name = names[i]!));
  return { files, skipped: [...skipped].sort(byCodeUnits) };
}

/** A pattern that names an existing file or folder is that, whatever characters it has; any other is a glob. */
async function expand(pattern: string): Promise<{ files: string[]; skipped: string[] }> {
  const kind = await stat(pattern).catch(() => undefined);
  if (kind && !kind.isDirectory()) return { files: [pattern], skipped: [] };
  if (!kind) {
    const files = await glob(pattern, { expandDirectories: false, absolute: path.isAbsolute(pattern) });
    if (files.length === 0) {
      throw dataError(
        'INPUT_NOT_FOUND',
        `No file matches ${show(pattern)}. Give a file, a folder or a glob such as 'data/**/*.jsonl'.`,
      );
    }
    return { files, skipped: [] };
  }
  const inside = (await glob('**/*', { cwd: pattern, expandDirectories: false })).map((file) =>
    path.join(pattern, file),
  );
  // A plain .json in a folder is more often a description of the data than data: such files must be named.
  const isInput = (file: string): boolean => inputFormat(file) !== undefined && !file.toLowerCase().endsWith('.json');
  const files = inside.filter(isInput);
  if (files.length === 0) {
    throw dataError('INPUT_NOT_FOUND', `The folder ${show(pattern)} has no file of a known format: ${KNOWN_FORMATS}.`);
  }
  return { files, skipped: inside.filter((file) => !isInput(file)) };
}

async function describe(file: string, domain: string | undefined): Promise<InputFile> {
  const kind = inputFormat(file);
  if (!kind) {
    throw dataError(
      'INPUT_FORMAT',
      `${show(file)} is of no known format. Known: ${KNOWN_FORMATS}. Rename it, or narrow the pattern.`,
    );
  }
  if (!FORMATS[kind.format].hasFields && domain === undefined) {
    throw dataError(
      'DOMAIN_MISSING',
      `${show(file)} is a text file, which has no field for the domain. Name it: DOMAIN=${file}.`,
    );
  }
  const { size } = await reading(file, () => stat(file));
  return { path: file, name: file, bytes: size, ...kind, ...(domain !== undefined && { domain }) };
}

function inTwoDomains(file: string, first: string | undefined, second: string | undefined): Error {
  const name = (domain: string | undefined): string =>
    domain === undefined ? 'the domain field' : `domain ${show(domain)}`;
  return dataError(
    'INPUT_IN_TWO_DOMAINS',
    `${show(file)} is given for ${name(first)} and for ${name(second)}. A file must be in one: narrow one of the patterns.`,
  );
}

/** For each path the shortest end of it, in whole components, that is the end of no other path. */
export function shortestUniqueNames(paths: readonly string[]): string[] {
  const components = paths.map((file) => file.split(/[/\\]/).filter((part) => part !== '' && part !== '.'));
  const lengths = paths.map(() => 1);
  for (;;) {
    const names = components.map((parts, i) => parts.slice(-lengths[i]!).join('/'));
    const users = new Map<string, number>();
    names.forEach((name) => users.set(name, (users.get(name) ?? 0) + 1));
    let grown = false;
    names.forEach((name, i) => {
      if (users.get(name)! > 1 && lengths[i]! < components[i]!.length) {
        lengths[i]!++;
        grown = true;
      }
    });
    if (!grown) return names;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
