// From what the user named (files, folders, globs) to the list of files of a run.
//
// The list is sorted, so that neither the order of the flags nor that of the file system matters. Each file gets a short name that is
// unique within the run, the shortest end of its path that no other file shares: document keys start with it, and they stay
// the same when the whole corpus moves to another folder.
import { realpath } from 'node:fs/promises';
import { dataError, show } from '../base/errors.js';
import { reading, unreadable } from './broken-input.js';
import { expandPattern } from './expand-pattern.js';
import type { InputFile } from './format.js';
import { conversionOf, FORMATS, inputFormat, KNOWN_FORMATS } from './formats.js';
import { partitionOf } from './row-document.js';
import { isAddress } from '../storage/address.js';
import type { StoredFile } from '../storage/storage.js';
import { statFile } from '../storage/storages.js';

export interface InputPatterns {
  /** Undefined: the domain is a field of each row. */
  domain?: string | undefined;
  patterns: readonly string[];
}

export interface InputList {
  /** Sorted by domain and path. */
  files: InputFile[];
  /** Files in folders that nobody reads. */
  skipped: string[];
  /** Files that should be there and are not: links that lead nowhere. */
  lost: { path: string; reason: string }[];
}

/**
 * @param domainField names the domain of files given without one; text files take it from folders such as `source=wiki`
 * @throws LongattnError INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_IN_TWO_DOMAINS, DOMAIN_MISSING, INPUT_ADDRESS,
 *   INPUT_UNREADABLE, STORAGE_*
 */
export async function listInputFiles(inputs: readonly InputPatterns[], domainField?: string): Promise<InputList> {
  const found = new Map<string, InputFile>();
  const skipped = new Set<string>();
  const lost = new Map<string, string>();
  for (const { domain, patterns } of inputs) {
    for (const pattern of patterns) {
      const matched = await expandPattern(pattern);
      matched.skipped.forEach((file) => skipped.add(file));
      matched.lost.forEach(({ path, reason }) => lost.set(path, reason));
      for (const file of matched.files) {
        const entry = await describe(file, domain, domainField, matched.listed?.get(file));
        const place = isAddress(file) ? file : await reading(file, () => realpath(file));
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
  return {
    files,
    skipped: [...skipped].sort(byCodeUnits),
    lost: [...lost].map(([path, reason]) => ({ path, reason })).sort((a, b) => byCodeUnits(a.path, b.path)),
  };
}

async function describe(
  file: string,
  domain: string | undefined,
  domainField: string | undefined,
  listed: StoredFile | undefined,
): Promise<InputFile> {
  const kind = inputFormat(file);
  if (!kind) {
    const command = conversionOf(file);
    throw dataError(
      'INPUT_FORMAT',
      `${show(file)} is of no known format. ${command ? `Convert it: ${command}. ` : ''}Known: ${KNOWN_FORMATS}. ` +
        `${command ? 'Or' : 'Rename it, or'} narrow the pattern.`,
    );
  }
  if (FORMATS[kind.format].isDocument && domain === undefined) {
    if (domainField === undefined || partitionOf(file, domainField) === undefined) {
      throw dataError(
        'DOMAIN_MISSING',
        `${show(file)} is a text file, which has no field for the domain. Name it: DOMAIN=${file}.`,
      );
    }
  }
  const found = listed ?? (await reading(file, () => statFile(file)));
  if (!found) throw unreadable(file, 'it is gone');
  const { bytes, etag } = found;
  return {
    ...{ path: file, name: file, bytes, ...kind },
    ...(domain !== undefined && { domain }),
    ...(etag !== undefined && { etag }),
  };
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
