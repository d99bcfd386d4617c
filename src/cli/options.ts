// Tables of options (src/options) on a command line: flags, LONGATTN_* variables and config files, merged into options.
//
// Values stay text here: the tables parse and default. Precedence: flag > LONGATTN_* > --config > default.
import { readFileSync } from 'node:fs';
import type { Argv, Options } from 'yargs';
import { LongattnError, show } from '../base/errors.js';
import { isOption } from '../options/commands.js';
import { flagOf, GROUPS, variableOf, type Group, type OptionRow, type Rows } from '../options/row.js';

type Args = Readonly<Record<string, unknown>>;

/** Names of the options of some groups, with their flags. */
export function flagsOfGroups(rows: Rows, groups: readonly Group[]): Record<string, string> {
  const found = Object.entries(rows).filter(([, { group }]) => groups.includes(group));
  return Object.fromEntries(found.map(([name]) => [name, flagOf(name)]));
}

/** Rows of a table on the command line; those of some groups only, where groups are named. */
export function addOptions<T>(yargs: Argv<T>, rows: Rows, groups?: readonly Group[]): Argv<T> {
  for (const [name, row] of Object.entries(rows)) {
    if (groups && !groups.includes(row.group)) continue;
    yargs.option(flagOf(name), { ...wordsOf(row), ...helpOf(row) });
    for (const old of row.formerly ?? []) yargs.option(flagOf(old), { ...wordsOf(row), hidden: true });
  }
  return yargs.option('config', {
    type: 'string',
    requiresArg: true,
    describe: 'JSON file with options by their long names, such as the choice.json of longattn validate',
  });
}

function wordsOf({ kind }: OptionRow): Options {
  if (kind === 'flag') return { type: 'boolean' };
  if (kind === 'optional') return { type: 'string' };
  return { type: 'string', requiresArg: true, ...(kind === 'list' && { array: true, nargs: 1 }) };
}

function helpOf({ alias, default: value, absent, group, help }: OptionRow): Options {
  const shown = absent ?? value;
  return {
    describe: help,
    group: GROUPS[group],
    ...(alias !== undefined && { alias }),
    ...(shown !== undefined && { defaultDescription: shown }),
  };
}

/**
 * Merge flags, environment and config file into options of a table.
 * @throws LongattnError INVALID_OPTION where an option that is no list is given twice, CONFIG_UNREADABLE for a bad config file
 */
export function collectOptions(rows: Rows, argv: Args, environment = process.env): Record<string, unknown> {
  const config = once(argv, 'config');
  const raw = config === undefined ? {} : readConfig(config, rows);
  for (const [name, { kind, variable, formerly = [] }] of Object.entries(rows)) {
    const names = [name, ...formerly];
    const flags = given(names, (one) => wordOf(argv, flagOf(one), kind));
    const variables = given(variable === false ? [] : names, (one) => environment[variableOf(one)] || undefined);
    const words = Object.keys(flags).length > 0 ? flags : variables;
    // An old name on the command line comes before the new one in the file.
    if (Object.keys(words).length > 0) for (const one of names) delete raw[one];
    Object.assign(raw, words);
  }
  return raw;
}

function wordOf(argv: Args, flag: string, kind: OptionRow['kind']): unknown {
  if (kind === 'list') return argv[flag];
  const word = once(argv, flag);
  return kind === 'optional' && word === '' ? true : word;
}

function given(names: readonly string[], valueOf: (name: string) => unknown): Record<string, unknown> {
  const entries = names.map((name): [string, unknown] => [name, valueOf(name)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * The value of an option that can be given once; of flags it may be a boolean.
 * @throws LongattnError INVALID_OPTION
 */
export function once(argv: Args, flag: string): string | undefined {
  const value = argv[flag];
  if (!Array.isArray(value)) return value as string | undefined;
  throw new LongattnError('INVALID_OPTION', `--${flag} must not be given ${value.length} times. Give it once.`);
}

/** Options of other commands are passed over, so that one file can serve several. */
function readConfig(file: string, rows: Rows): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new LongattnError(
      'CONFIG_UNREADABLE',
      `--config ${show(file)} cannot be read as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new LongattnError(
      'CONFIG_UNREADABLE',
      `--config ${show(file)} must hold a JSON object such as {"window": 4096}.`,
    );
  }
  const names = new Set(Object.entries(rows).flatMap(([name, { formerly = [] }]) => [name, ...formerly]));
  return Object.fromEntries(
    Object.entries(parsed).filter(([name]) => names.has(name) || name.startsWith('_') || !isOption(name)),
  );
}
